/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* libcpuidd: "does this host support this guest?" asked of the daemon cpuidd, or answered from a
 * file by the same engine.
 *
 *     g_autoptr(GError) error = NULL;
 *     g_autoptr(CpuiddHost) host = cpuidd_host_connect(CPUIDD_BUS_SYSTEM, NULL, &error);
 *     g_autoptr(CpuiddGuest) guest = cpuidd_guest_read("guest.json", NULL, &error);
 *     g_autoptr(CpuiddVerdict) verdict = cpuidd_host_check(host, guest, 0, &error);
 *
 *     puts(cpuidd_verdict_get_word(verdict));
 *
 * What is true of everything here
 *
 * - Texts are UTF-8. What a function returns as `const` belongs to the object that was asked and
 *   lives as long; anything else is the caller's: char * for g_free(), char ** for g_strfreev(),
 *   GPtrArray * for g_ptr_array_unref() (which frees its elements).
 * - Structs with members are made by the library alone and only read by the caller; later versions
 *   may add members at their end. A text in them that is not known is NULL unless it says
 *   otherwise.
 * - A function that fails returns NULL or false, sets @error (domain CPUIDD_ERROR) if that is not
 *   NULL, and nothing else. Messages are one line, lower case, without a full stop, and begin with
 *   the name of the file where they are about one: "guest.json: leaf 0x7: 'ebx' is not a number".
 * - Capabilities are named as in the documentation ("irqchip", "disable-exits.mwait"). Where a list
 *   of them is taken, it ends with NULL; NULL itself means what the usual VMM enables ("irqchip"),
 *   an empty list means none.
 * - Questions to the daemon block, for 5 seconds at the most, but for trials and where a password
 *   may be asked for. An object may be used by one thread at a time.
 * - NULL may be given to every _unref() and _free().
 *
 * All of this is there since 0.1. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

G_BEGIN_DECLS

/* ------------------------------------------- Errors ------------------------------------------- */

#define CPUIDD_ERROR (cpuidd_error_quark())

typedef enum CpuiddError {
        CPUIDD_ERROR_INPUT,       /* a file, a table, a name or an option cannot be used */
        CPUIDD_ERROR_UNREACHABLE, /* no bus, no daemon on it, or no answer in time; says which */
        CPUIDD_ERROR_NOT_READY,   /* the daemon is there and has no KVM to speak for; says why */
        CPUIDD_ERROR_DENIED,      /* this user may not */
        CPUIDD_ERROR_PROTOCOL,    /* the daemon's answer is not what its interface promises */
        CPUIDD_ERROR_FAILED,      /* the daemon tried and could not */
} CpuiddError;

GQuark cpuidd_error_quark(void);

/* ------------------------------------------ Objects ------------------------------------------- */

/* A host that can be asked: a connection to a daemon, or a profile or recording from a file */
typedef struct CpuiddHost CpuiddHost;

/* What a guest has: a CPUID table, what its VMM enables for it, and where they are known its
 * feature MSRs and TSC */
typedef struct CpuiddGuest CpuiddGuest;

/* A host's answer about a guest */
typedef struct CpuiddVerdict CpuiddVerdict;

/* What a virtual CPU of this machine made of a guest's table */
typedef struct CpuiddTrial CpuiddTrial;

typedef enum CpuiddBus {
        CPUIDD_BUS_SYSTEM,
        CPUIDD_BUS_USER, /* a daemon that was started with --user */
} CpuiddBus;

typedef enum CpuiddJson {
        CPUIDD_JSON_SHORT,  /* one line */
        CPUIDD_JSON_PRETTY, /* indented by 2 */
} CpuiddJson;

/* ----------------------------------- Forms and capabilities ----------------------------------- */

/* A form in which tables, guests or hosts can be read or written */
typedef struct CpuiddForm {
        const char *name;        /* "cpuid" */
        const char *description; /* "output of 'cpuid -r', of one or of several CPUs" */
        bool can_read;
        bool can_write;
        bool is_host_only; /* only hosts can be written in it, cpuidd_host_write() */
        bool is_json;      /* what is written in it */
        bool has_model;    /* it is written as a change of a CPU model */
} CpuiddForm;

/* Those known, as GPtrArray of CpuiddForm, in the order in which they are looked for; then those
 * that are only written */
GPtrArray *cpuidd_list_forms(void);

/* {"schema": "cpuidd.forms/1", "forms": [{"name", "description", "read", "write", "hosts_only"}
 * ...]} */
char *cpuidd_forms_to_json(GPtrArray *forms, CpuiddJson style);

/* Every name that there is, in the order of the documentation, ended by NULL; free with
 * g_strfreev() */
char **cpuidd_list_capabilities(void);

/* @base (NULL: the usual VMM's) with @enable added and then @disable taken away, each of them NULL
 * or ended by NULL, sorted as in cpuidd_list_capabilities(). What takes away one that another
 * implies takes that one too. CPUIDD_ERROR_INPUT names an unknown one and what is near to it. */
char **cpuidd_capabilities_change(const char *const *base, const char *const *enable,
                                  const char *const *disable, GError **error);

/* ------------------------------------------- Guests ------------------------------------------- */

/* How to read. The usual: CPUIDD_READ_OPTIONS_DEFAULT, or NULL where they are taken. */
typedef struct CpuiddReadOptions {
        const char *form; /* a name of cpuidd_list_forms(), or NULL: found by looking at it */
        const char
                *cpu_map; /* directory of libvirt's CPU models; NULL: where libvirt installs it */
        int64_t cpu;      /* which CPU of a dump of several; -1: the first */
} CpuiddReadOptions;

#define CPUIDD_READ_OPTIONS_DEFAULT \
        { .cpu = -1 }

/* Reads a guest. @path: a file, "-" for standard input, or with the form "dev" a device. A dump of
 * several CPUs is a guest with one of them; a host's profile or recording stands for a guest that
 * has what that host offers with the usual capabilities. At most 16 MiB; a FIFO to which nobody
 * writes is given up after 5 seconds. CPUIDD_ERROR_INPUT. */
CpuiddGuest *cpuidd_guest_read(const char *path, const CpuiddReadOptions *options, GError **error);

/* The same from memory; @name is what messages call it, and the guest's name where the text has
 * none */
CpuiddGuest *cpuidd_guest_read_bytes(const char *name, const void *bytes, size_t n_bytes,
                                     const CpuiddReadOptions *options, GError **error);

/* The guest of a running QEMU, asked at the socket @path of a QMP monitor (-qmp unix:PATH,server=on,
 * wait=off), which serves one program at a time: what its first CPU has, and the capabilities that
 * follow from how it was started. QEMU tells feature bits and little else: the rest is unknown. What
 * was asked for and not given, and a guest that is none of KVM, are warnings. Blocks for 5 seconds
 * at the most. CPUIDD_ERROR_UNREACHABLE where nobody answers, CPUIDD_ERROR_DENIED where this user
 * may not ask, CPUIDD_ERROR_INPUT for an answer that is none of a QEMU with a CPU of x86. */
CpuiddGuest *cpuidd_guest_read_qmp(const char *path, GError **error);

/* From a flat table as on the bus and in struct kvm_cpuid_entry2: seven words a row (leaf,
 * sub-leaf, flags, eax, ebx, ecx, edx). CPUIDD_ERROR_INPUT where they are no whole rows or more
 * than 256. */
CpuiddGuest *cpuidd_guest_new_from_words(const char *name, const uint32_t *words, size_t n_words,
                                         GError **error);

CpuiddGuest *cpuidd_guest_ref(CpuiddGuest *guest);
CpuiddGuest *cpuidd_guest_unref(CpuiddGuest *guest);

/* Never NULL: a guest without one is named after its file */
const char *cpuidd_guest_get_name(const CpuiddGuest *guest);
void cpuidd_guest_set_name(CpuiddGuest *guest, const char *name);

/* What a person should know of how it was read, a sentence each ("CPU 0 is taken, and CPUs 4-7
 * answer otherwise: ..."); never NULL */
const char *const *cpuidd_guest_get_warnings(const CpuiddGuest *guest);

/* What the file that it was read from does not tell: "0x14", "0x7.1-", "0x1.0:ecx[27]",
 * "msr 0x10a[63:32]". A check judges none of it. Never NULL, empty where all is known; free with
 * g_strfreev(). */
char **cpuidd_guest_get_unknown(const CpuiddGuest *guest);

/* Whether it is a change of what a host offers (a Firecracker template, libvirt's host-passthrough
 * and host-model): it has no table of its own, everything of it is unknown, and it becomes a
 * guest where it is checked. cpuidd_guest_resolve() makes one of it. */
bool cpuidd_guest_is_template(const CpuiddGuest *guest);

/* The table as it was given, flat; @ret_n is the number of words */
const uint32_t *cpuidd_guest_get_words(const CpuiddGuest *guest, size_t *ret_n);

/* What its VMM enables. _set replaces the list (NULL: the usual VMM's), _enable and _disable change
 * it by one as cpuidd_capabilities_change() does. CPUIDD_ERROR_INPUT for an unknown name. */
char **cpuidd_guest_get_capabilities(const CpuiddGuest *guest);
bool cpuidd_guest_set_capabilities(CpuiddGuest *guest, const char *const *capabilities,
                                   GError **error);
bool cpuidd_guest_enable(CpuiddGuest *guest, const char *capability, GError **error);
bool cpuidd_guest_disable(CpuiddGuest *guest, const char *capability, GError **error);

/* Its feature MSRs; false where this one was not given. Bits that are unknown mean nothing in a
 * value, and stay unknown whatever is set. _list gives a GArray of uint32_t, sorted, free with
 * g_array_unref(). */
bool cpuidd_guest_get_msr(const CpuiddGuest *guest, uint32_t index, uint64_t *ret_value);
void cpuidd_guest_set_msr(CpuiddGuest *guest, uint32_t index, uint64_t value);
GArray *cpuidd_guest_list_msrs(const CpuiddGuest *guest);

/* Its TSC frequency in kHz; 0: not given */
uint64_t cpuidd_guest_get_tsc_khz(const CpuiddGuest *guest);
void cpuidd_guest_set_tsc_khz(CpuiddGuest *guest, uint64_t tsc_khz);

/* How to write. The usual: CPUIDD_WRITE_OPTIONS_DEFAULT, or NULL where they are taken. */
typedef struct CpuiddWriteOptions {
        const char *model; /* the CPU model to start from, for a form that has one; NULL: max */
        CpuiddJson style;  /* of a form that is JSON */
} CpuiddWriteOptions;

#define CPUIDD_WRITE_OPTIONS_DEFAULT \
        { .style = CPUIDD_JSON_PRETTY }

/* The guest in another form of cpuidd_list_forms(); the text ends with a newline. @ret_losses (or
 * NULL): what the form cannot carry of this guest ("its MSRs: 0x10a"), for g_strfreev(), empty
 * where it is all there. CPUIDD_ERROR_INPUT, without a name in front, for a form that is not
 * written, or of hosts only, for a model where the form has none, and for a template. */
char *cpuidd_guest_write(const CpuiddGuest *guest, const char *form,
                         const CpuiddWriteOptions *options, char ***ret_losses, GError **error);

/* The host that a guest was read from, where its file was a profile or a recording: it is more than
 * what it offers. NULL for any other guest; free with cpuidd_host_unref(). */
CpuiddHost *cpuidd_guest_get_host(const CpuiddGuest *guest);

/* As `cpuidd.guest/1` */
char *cpuidd_guest_to_json(const CpuiddGuest *guest, CpuiddJson style);

/* ------------------------------------------- Hosts -------------------------------------------- */

/* A daemon. @address: a D-Bus address instead of the bus's usual one, or NULL. That the daemon is
 * there is found out by the first question; this fails where there is no bus.
 * CPUIDD_ERROR_UNREACHABLE. */
CpuiddHost *cpuidd_host_connect(CpuiddBus bus, const char *address, GError **error);

/* The daemon on the system bus of another machine, by ssh(1) and its systemd-stdio-bridge(1).
 * @remote: "[USER@]HOST[:PORT][/CONTAINER]". ssh is at the terminal of this process, and has two
 * minutes to ask for a password there. And that of a container of this machine, @machine:
 * "[USER@]CONTAINER"; ".host" is this machine itself. Both as systemctl's -H and -M have them, and
 * both CPUIDD_ERROR_INPUT for what is no such text, CPUIDD_ERROR_UNREACHABLE. */
CpuiddHost *cpuidd_host_connect_remote(const char *remote, GError **error);
CpuiddHost *cpuidd_host_connect_machine(const char *machine, GError **error);

/* A profile, a recording, or any table that can be read (then a bare host: that table is what KVM
 * offers, and nothing else is known of it; a dump of several CPUs offers what all of them have, or
 * with @options->cpu what that one has). A template is none. Arguments and errors as with
 * cpuidd_guest_read(). */
CpuiddHost *cpuidd_host_new_from_file(const char *path, const CpuiddReadOptions *options,
                                      GError **error);
CpuiddHost *cpuidd_host_new_from_bytes(const char *name, const void *bytes, size_t n_bytes,
                                       const CpuiddReadOptions *options, GError **error);

/* As cpuidd_guest_get_warnings(); of a daemon none, never NULL */
const char *const *cpuidd_host_get_warnings(const CpuiddHost *host);

CpuiddHost *cpuidd_host_ref(CpuiddHost *host);
CpuiddHost *cpuidd_host_unref(CpuiddHost *host);

/* Whether it is from a file: it is then complete, and no question but a refresh can fail for want
 * of a daemon */
bool cpuidd_host_is_offline(const CpuiddHost *host);

/* Never NULL: the profile's name, else the file's; of a daemon this machine's, or of one elsewhere
 * what it was reached by */
const char *cpuidd_host_get_name(const CpuiddHost *host);

/* Whether polkit may ask the user for a password where a question needs more rights than the user
 * has (a refresh, a trial): those then block for 2 minutes more at the most. Not at first: a
 * program that nobody sits at is refused at once. Nothing of a host from a file. */
void cpuidd_host_set_interactive(CpuiddHost *host, bool is_interactive);

/* Asks KVM again, now; @ret_changed (or NULL): whether what decides verdicts is another.
 * CPUIDD_ERROR_DENIED without the right to, CPUIDD_ERROR_INPUT for a host from a file. */
bool cpuidd_host_refresh(CpuiddHost *host, bool *ret_changed, GError **error);

/* {"schema": "cpuidd.refresh/1", "changed", "fingerprint"} */
char *cpuidd_refresh_to_json(bool changed, const char *fingerprint, CpuiddJson style);

/* ------------------------------------------ Monitor ------------------------------------------- */

/* Watches a daemon's host, on that host's own connection: between two calls of wait nothing else
 * may be waited for there, questions may be asked */
typedef struct CpuiddMonitor CpuiddMonitor;

typedef struct CpuiddChangeNumber {
        const char *name;   /* a field's: "maxphyaddr" */
        const char *before; /* as a person would write it: "46 bits" */
        const char *after;
} CpuiddChangeNumber;

typedef struct CpuiddChange {
        const char *
                event; /* "changed": verdicts may be other ones; "not-ready": it has no KVM to speak
                            * for any more; "ready": it has one again; "gone": the daemon has left the
                            * bus */
        const char *at;              /* when this was heard: "2026-11-22T12:37:00Z" */
        const char *old_fingerprint; /* of what was known last, "" where nothing was; never NULL */
        const char *new_fingerprint; /* "" where nothing is known now; never NULL */
        const char *problem;         /* why it is not ready, a sentence; NULL where it is */
        const char *text;        /* the members below in words: "lost: hle, rtm"; NULL where there
                                      * were not two hosts to be compared */
        const char *const *lost; /* names of fields and capabilities, places of bits without one;
                                      * never NULL */
        const char *const *gained;
        GPtrArray *numbers; /* CpuiddChangeNumber: fields of more than a bit */
} CpuiddChange;

/* The daemon is asked once, and has to be there. CPUIDD_ERROR_INPUT for a host from a file,
 * CPUIDD_ERROR_UNREACHABLE. */
CpuiddMonitor *cpuidd_monitor_new(CpuiddHost *host, GError **error);
CpuiddMonitor *cpuidd_monitor_free(CpuiddMonitor *monitor);

/* The next change; NULL as @ret where none came within @timeout_msec (-1: waits for ever). Of
 * several at once what came of them in the end. A daemon that leaves the bus is a change, that the
 * bus itself does is CPUIDD_ERROR_UNREACHABLE. Free with cpuidd_change_free(). */
bool cpuidd_monitor_wait(CpuiddMonitor *monitor, int timeout_msec, CpuiddChange **ret,
                         GError **error);

/* Readable where there may be something: for a loop of one's own, which then waits for 0 */
int cpuidd_monitor_get_fd(const CpuiddMonitor *monitor);

CpuiddChange *cpuidd_change_free(CpuiddChange *change);

/* {"schema": "cpuidd.change/1", "at", "event", "old", "new", "problem", "lost", "gained", "numbers":
 * {NAME: {"before", "after"} ...}} */
char *cpuidd_change_to_json(const CpuiddChange *change, CpuiddJson style);

/* ------------------------------------------- Check -------------------------------------------- */

typedef enum CpuiddCheckFlags {
        CPUIDD_CHECK_DEFAULT = 0,
        CPUIDD_CHECK_STRICT = 1 << 0,       /* every warning is an error */
        CPUIDD_CHECK_VERDICT_ONLY = 1 << 1, /* the verdict and what it needs, without findings */
} CpuiddCheckFlags;

/* The guest that a template becomes on @host: of what that offers with the template's capabilities.
 * Its name, capabilities, TSC frequency and the MSRs that were set of it stay. The guest itself,
 * with a new reference, where it is no template. A daemon is asked; CPUIDD_ERROR_INPUT where it has
 * more rows than a guest can have. */
CpuiddGuest *cpuidd_guest_resolve(CpuiddGuest *guest, CpuiddHost *host, GError **error);

/* Whether @host can give @guest what it has. That it cannot is a verdict and no error. A template is
 * checked as what it becomes on @host. */
CpuiddVerdict *cpuidd_host_check(CpuiddHost *host, const CpuiddGuest *guest, CpuiddCheckFlags flags,
                                 GError **error);

/* The same for several, a daemon is asked once for all: GPtrArray of CpuiddVerdict in
 * the order of the guests */
GPtrArray *cpuidd_host_check_many(CpuiddHost *host, CpuiddGuest *const *guests, size_t n_guests,
                                  CpuiddCheckFlags flags, GError **error);

/* One finding. Words are those of `cpuidd.verdict/1`. No member is NULL. */
typedef struct CpuiddFinding {
        const char *where;         /* "0x1.0:ecx[3]", "msr 0x10a[5]", "tsc", or a capability */
        const char *field;         /* "monitor"; "" for bits that have no name */
        const char *rule;          /* "feature" ... */
        const char *severity;      /* "error", "warning" or "note" */
        const char *cause;         /* "cpu", "kvm", "parameter", "capability", "vendor", "guest" or
                                    * "unknown" */
        const char *message;       /* a sentence for people */
        const char *const *remedy; /* capabilities to enable, with '!' in front: not to enable */
        uint64_t guest;            /* the guest's value, shifted down to bit 0 */
        uint64_t host;             /* the host's */
        uint32_t leaf;             /* of an MSR its index */
        uint32_t subleaf;
        uint8_t reg; /* 0-3: eax, ebx, ecx, edx; 4: an MSR; 5: the TSC; 6: a capability */
        uint8_t low; /* lowest and highest bit */
        uint8_t high;
} CpuiddFinding;

CpuiddVerdict *cpuidd_verdict_ref(CpuiddVerdict *verdict);
CpuiddVerdict *cpuidd_verdict_unref(CpuiddVerdict *verdict);

/* "supported", "needs-capabilities" or "unsupported" */
const char *cpuidd_verdict_get_word(const CpuiddVerdict *verdict);
bool cpuidd_verdict_is_supported(const CpuiddVerdict *verdict);

/* Names of those that were asked, and the host's fingerprint ("sha256:...") */
const char *cpuidd_verdict_get_guest(const CpuiddVerdict *verdict);
const char *cpuidd_verdict_get_host(const CpuiddVerdict *verdict);
const char *cpuidd_verdict_get_fingerprint(const CpuiddVerdict *verdict);

/* What was taken as enabled, and the smallest change of it that makes the verdict "supported" ("!"
 * before a name: that it is not enabled) */
const char *const *cpuidd_verdict_get_capabilities(const CpuiddVerdict *verdict);
const char *const *cpuidd_verdict_get_needs(const CpuiddVerdict *verdict);

/* Runs of places that were not checked ("0x14", "0xd.2-62", "0x7.0:ebx[5]", "msr 0x10a[63:32]"),
 * because the guest's source does not tell what is there, or the host's where the guest has
 * something; only what a rule could have judged. Empty where all was checked, never NULL. The word
 * stands for the rest. */
const char *const *cpuidd_verdict_get_unchecked(const CpuiddVerdict *verdict);

/* The findings, in the order of the table; the array and each CpuiddFinding are the verdict's */
size_t cpuidd_verdict_get_n_findings(const CpuiddVerdict *verdict);
const CpuiddFinding *cpuidd_verdict_get_finding(const CpuiddVerdict *verdict, size_t i);

/* How many of them are an error, a warning, a note */
size_t cpuidd_verdict_get_n_errors(const CpuiddVerdict *verdict);
size_t cpuidd_verdict_get_n_warnings(const CpuiddVerdict *verdict);
size_t cpuidd_verdict_get_n_notes(const CpuiddVerdict *verdict);

/* As `cpuidd.verdict/1`. Of several (GPtrArray of CpuiddVerdict): one alone as itself, more as a
 * JSON array, or with CPUIDD_JSON_SHORT one line a verdict. All texts of JSON that the library
 * makes end without a newline. */
char *cpuidd_verdict_to_json(const CpuiddVerdict *verdict, CpuiddJson style);
char *cpuidd_verdicts_to_json(GPtrArray *verdicts, CpuiddJson style);

/* ------------------------------------------- Trials ------------------------------------------- */

typedef enum CpuiddTryFlags {
        CPUIDD_TRY_DEFAULT = 0,
        CPUIDD_TRY_STRICT = 1 << 0, /* of the check that it is compared with */
} CpuiddTryFlags;

/* What KVM makes of @guest's table on a virtual CPU that never runs: what it sets, clears or
 * refuses, and which features it really backs. KVM takes nearly every table, so that this is no
 * answer to whether the host supports the guest: that is cpuidd_host_check(). Where the two
 * contradict each other, the trial says so. A template is tried as what it becomes on @host.
 *
 * Blocks for 2 minutes at the most, see also cpuidd_host_set_interactive(). CPUIDD_ERROR_INPUT for a
 * host from a file, CPUIDD_ERROR_DENIED for who may not, CPUIDD_ERROR_FAILED where too many are
 * waiting or there was no virtual CPU. */
CpuiddTrial *cpuidd_host_try(CpuiddHost *host, const CpuiddGuest *guest, CpuiddTryFlags flags,
                             GError **error);

/* The same of no guest: all that this host offers, the delta of each capability, and each feature
 * bit alone are held against what is known of this KVM. There are contradictions and no places.
 * Blocks for 5 minutes at the most, where seconds are usual. */
CpuiddTrial *cpuidd_host_try_self(CpuiddHost *host, CpuiddTryFlags flags, GError **error);

/* What became of a place. Words are those of `cpuidd.trial/1`; later daemons may have more of them.
 * No member is NULL. */
typedef struct CpuiddTrialPlace {
        const char *where;    /* "0x1.0:ecx[3]", "msr 0x10a[5]", or a capability */
        const char *field;    /* "monitor"; "" for bits that have no name */
        const char *rule;     /* "feature" ... */
        const char *severity; /* "note", "warning" where nothing told of it, "error" where KVM
                               * refuses it */
        const char *outcome;  /* "kept" (and is not 0), "changed", "dropped" (with its row),
                               * "refused", "backed" or "unbacked" (KVM takes, or refuses, the
                               * control bit or MSR that the feature stands for) */
        const char *message;  /* a sentence for people; "" of what is kept */
        uint64_t set;         /* as it was set, shifted down to bit 0 */
        uint64_t back;        /* as KVM gave it back */
        uint32_t leaf;        /* of an MSR its index */
        uint32_t subleaf;
        uint8_t reg; /* 0-3: eax, ebx, ecx, edx; 4: an MSR; 6: a capability */
        uint8_t low; /* lowest and highest bit */
        uint8_t high;
} CpuiddTrialPlace;

/* Where the trial contradicts what the rules, the profile or a capability's row says: one of the
 * two is wrong. No member but subject is NULL. */
typedef struct CpuiddContradiction {
        const char *where;
        const char *field;
        const char *rule;
        const char *kind; /* "refused" (supported by the rules, and KVM refuses it), "rewritten" (no
                              * rule tells that KVM rewrites it, and the check does not refuse what it
                              * takes away), "forced" (the profile tells that KVM forces it, and it
                              * does not), "delta" (a capability does what its row does not say),
                              * "answer" (KVM's answer is not the profile's) */
        const char *message; /* a sentence for people */
        const char *subject; /* what was tried: "offer", "capability disable-exits.hlt", "avx2
                              * alone"; NULL where that is the guest */
        uint64_t set;
        uint64_t back;
        uint32_t leaf;
        uint32_t subleaf;
        uint8_t reg;
        uint8_t low;
        uint8_t high;
} CpuiddContradiction;

CpuiddTrial *cpuidd_trial_ref(CpuiddTrial *trial);
CpuiddTrial *cpuidd_trial_unref(CpuiddTrial *trial);

/* "kept" (but for what changes as a guest runs), "changed" or "refused" (part of it) */
const char *cpuidd_trial_get_outcome(const CpuiddTrial *trial);

/* Names of what was tried and where; the guest is NULL for the host itself. The fingerprint of the
 * host that it was compared with is NULL where the daemon does not tell. */
const char *cpuidd_trial_get_guest(const CpuiddTrial *trial);
const char *cpuidd_trial_get_host(const CpuiddTrial *trial);
const char *cpuidd_trial_get_fingerprint(const CpuiddTrial *trial);

/* Those that were enabled in KVM for it */
const char *const *cpuidd_trial_get_capabilities(const CpuiddTrial *trial);

/* The check that it was compared with, as of a verdict; the word is NULL where there was none, as
 * for the host itself */
const char *cpuidd_trial_get_verdict(const CpuiddTrial *trial);
const char *const *cpuidd_trial_get_needs(const CpuiddTrial *trial);

/* How many tables were tried */
uint32_t cpuidd_trial_get_n_tables(const CpuiddTrial *trial);

/* Both in the order of the table, then MSRs, then capabilities. A place can have two outcomes: one
 * of what was read back, one of what backs it. The structs are the trial's. */
size_t cpuidd_trial_get_n_places(const CpuiddTrial *trial);
const CpuiddTrialPlace *cpuidd_trial_get_place(const CpuiddTrial *trial, size_t i);
size_t cpuidd_trial_get_n_contradictions(const CpuiddTrial *trial);
const CpuiddContradiction *cpuidd_trial_get_contradiction(const CpuiddTrial *trial, size_t i);

/* {"schema": "cpuidd.trial/1", "outcome", "guest": null for the host itself, "host", "fingerprint",
 * "capabilities", "verdict": null where there was no check, "needs", "tables", "places": [{"where",
 * "field", "rule", "severity", "outcome", "set", "back", "message"} ...], "contradictions":
 * [{"where", "field", "rule", "kind", "subject", "set", "back", "message"} ...]}; only the host
 * itself has subjects */
char *cpuidd_trial_to_json(const CpuiddTrial *trial, CpuiddJson style);

/* --------------------------------------- What a host is --------------------------------------- */

/* A host, its KVM and its daemon at a glance */
typedef struct CpuiddStatus {
        const char *name;           /* as cpuidd_host_get_name() */
        const char *version;        /* the daemon's; NULL for a host from a file */
        const char *problem;        /* why it is not ready, a sentence; NULL where it is */
        const char *fingerprint;    /* "sha256:..." */
        const char *vendor;         /* "GenuineIntel" */
        const char *brand;          /* "Intel(R) Xeon(R) Processor @ 2.60GHz" */
        const char *kernel;         /* "6.12.9" */
        const char *microcode;      /* "0x2b000590" */
        const char *probed_at;      /* "2026-11-22T12:37:00Z" */
        const char *const *modules; /* "kvm_intel"; never NULL */
        bool is_ready;              /* questions can be answered */
        bool is_offline;            /* from a file */
        uint32_t family;            /* of the CPU; 0 where not known, like all numbers here */
        uint32_t model;
        uint32_t stepping;
        uint32_t cpus; /* how many the host has */
        uint64_t tsc_khz;
        size_t n_rows;             /* rows of KVM_GET_SUPPORTED_CPUID */
        size_t n_hardware_rows;    /* rows of the CPUID instruction's answer */
        size_t n_extensions;       /* extensions that were recorded, those that are 0 left out */
        size_t n_msrs;             /* feature MSRs */
        size_t n_varies;           /* places in which the answer depends on the CPU asked */
        size_t n_capabilities;     /* capabilities that this host has */
        size_t n_capabilities_all; /* capabilities that there are */
        size_t n_forced;           /* bits that a guest has, or has not, whatever its table says */
        /* Where not all CPUs are alike: those of each kind ("0-15"), and a line for each place in
         * which the kinds differ; what decides verdicts comes first. Never NULL. */
        const char *const *kinds;
        const char *const *differences;
        size_t n_kinds;       /* 0: all CPUs are alike */
        size_t n_corrections; /* known errors of KVM's answer that were corrected */
        /* Runs of places of which the profile does not tell what KVM answers; never NULL */
        const char *const *unknown;
        /* What KVM makes of every table here: fields that a guest has whatever its table says, those
         * that it never has, and those of the latter that KVM lists all the same; places of bits
         * without a name. Then rows of KVM's answer that a guest does not keep ("0x1d.0"). Never
         * NULL; is_forced_known is false where it was not measured, as where no VM could be made. */
        const char *const *forced_on;
        const char *const *forced_off;
        const char *const *taken_away;
        const char *const *dropped;
        bool is_forced_known;
} CpuiddStatus;

/* A daemon without a KVM is a status and no error: is_ready is false then, problem says why. Free
 * with cpuidd_status_free(). */
CpuiddStatus *cpuidd_host_get_status(CpuiddHost *host, GError **error);
CpuiddStatus *cpuidd_status_free(CpuiddStatus *status);
char *cpuidd_status_to_json(const CpuiddStatus *status, CpuiddJson style);

/* The whole profile as `cpuidd.host/1`, and as a recording, which `cpuidd --replay` serves */
char *cpuidd_host_get_profile(CpuiddHost *host, CpuiddJson style, GError **error);
char *cpuidd_host_get_recording(CpuiddHost *host, GError **error);

/* As cpuidd_guest_write(): whole in the forms "json" and "recording"; in any other the guest that
 * has what the host offers with the usual capabilities */
char *cpuidd_host_write(CpuiddHost *host, const char *form, const CpuiddWriteOptions *options,
                        char ***ret_losses, GError **error);

/* ------------------------------------ What a host can give ------------------------------------ */

/* The flat table, seven words a row, that this host gives a guest with those capabilities. @ret_n
 * is the number of words; free with g_free(). */
uint32_t *cpuidd_host_get_cpuid(CpuiddHost *host, const char *const *capabilities, size_t *ret_n,
                                GError **error);

/* A field of what a host offers */
typedef struct CpuiddOfferField {
        const char *name;     /* "avx2"; "" for bits without a name */
        const char *label;    /* "AVX2"; never NULL */
        const char *summary;  /* one line; never NULL */
        const char *place;    /* "0x7.0:ebx[5]" */
        const char *rule;     /* "feature" ... */
        const char *text;     /* the value as a person would write it: "46", "64 bytes",
                              * "GenuineIntel"; of a flag "1" or "0" */
        const char *kvm_text; /* KVM's own value in the same way; "" where text is spread over
                               * several fields */
        uint32_t value;       /* in what is offered, shifted down to bit 0 */
        uint32_t kvm;         /* in KVM's own answer, before capabilities and forced bits */
        uint8_t reg;          /* 0-3: eax, ebx, ecx, edx */
        uint8_t low;          /* lowest and highest bit */
        uint8_t high;
        bool is_flag;           /* one bit that has a name */
        bool is_set;            /* the value is not 0 */
        bool is_changed;        /* the value is not KVM's own */
        bool is_dynamic;        /* KVM rewrites it as the guest runs; not compared */
        bool is_continuation;   /* part of a text (a name, a vendor) that an earlier field shows */
        bool varies;            /* depends on the CPU that is asked */
        const char *correction; /* why KVM's own value is wrong, where it is known to be: "KVM
                                 * reports 1, corrected to 0 because ..."; else NULL */
        const char *by_kind;    /* what each kind of CPU says: "CPUs 0-15: 1; CPUs 16-23: 0"; NULL
                                 * where they agree; what they have in common is offered */
        bool is_forced_on;      /* a guest has it whatever its table says, with what is enabled */
        bool is_forced_off;     /* a guest never has it; not zero in `kvm` where KVM lists it */
} CpuiddOfferField;

/* A row of what a host offers */
typedef struct CpuiddOfferLeaf {
        const char *title; /* "Extended features"; "" where the leaf has no name */
        const char *place; /* "0x7.0" */
        GPtrArray *fields; /* CpuiddOfferField, by register and bit: those with a name, set or
                            * not, and bits without one that are set */
        uint32_t leaf;
        uint32_t subleaf;
        uint32_t flags;        /* 1: the row answers for its own sub-leaf only */
        uint32_t registers[4]; /* eax, ebx, ecx, edx as offered */
        uint32_t kvm[4];       /* KVM's own */
        bool is_offered;       /* false: only KVM's own answer has this row */
        bool is_changed;       /* some register is not KVM's own */
        uint32_t untold[4];    /* bits that are 0 above only because the profile does not tell */
} CpuiddOfferLeaf;

typedef struct CpuiddOffer {
        const char *host; /* its name */
        const char *fingerprint;
        const char *const *capabilities; /* taken as enabled, with what they imply */
        GPtrArray *leaves;               /* CpuiddOfferLeaf, by leaf and sub-leaf */
        /* Runs of places that are 0 above only because the profile does not tell of them; never
         * NULL */
        const char *const *unknown;
} CpuiddOffer;

/* The same table field by field. Free with cpuidd_offer_free(). */
CpuiddOffer *cpuidd_host_get_offer(CpuiddHost *host, const char *const *capabilities,
                                   GError **error);
CpuiddOffer *cpuidd_offer_free(CpuiddOffer *offer);

/* {"schema": "cpuidd.offer/1", "host", "fingerprint", "capabilities", "cpuid": [ENTRY ...],
 * "fields": {NAME: {"where", "value", "kvm"} ...}}, with "forced": "on" or "off" where a guest's
 * table does not change it; with @only_changed the fields that are not KVM's own or are forced on, and
 * the rows that are not KVM's own, alone */
char *cpuidd_offer_to_json(const CpuiddOffer *offer, bool only_changed, CpuiddJson style);

typedef enum CpuiddKnown {
        CPUIDD_KNOWN_NOT, /* the profile does not record what would tell */
        CPUIDD_KNOWN_NO,
        CPUIDD_KNOWN_YES,
} CpuiddKnown;

/* One step of what enabling a capability does to the table */
typedef struct CpuiddOperation {
        const char *operation; /* "grant", "keep", "remove", "hardware", "emulated", "hyperv",
                                * "view", "dynamic", "below" */
        const char *place;     /* "0x1.0:ecx[3]" */
        const char *field;     /* "monitor", or "" where it is no single field */
        uint64_t value;        /* what the bits become on this host, shifted down to bit 0 */
        uint32_t leaf;
        uint32_t subleaf;
        uint8_t reg;
        uint8_t low;
        uint8_t high;
} CpuiddOperation;

typedef struct CpuiddCapability {
        const char *name;    /* "disable-exits.mwait" */
        const char *summary; /* one line */
        const char *why;     /* why it changes what it changes; NULL where this library does
                                      * not know the capability, and so is source */
        const char *source;
        const char *const *implies; /* enabled with it; never NULL */
        const char *const *needs;   /* without these it has no effect; never NULL */
        CpuiddKnown has;            /* whether this host has it */
        bool is_default;            /* the usual VMM enables it */
        uint64_t value;             /* KVM's own number for it: an extension or attribute */
        GPtrArray *operations;      /* CpuiddOperation: what it changes on this host */
        const char *enabling;       /* what a VMM does in KVM for it, in words; NULL like why */
} CpuiddCapability;

/* Every capability, as GPtrArray of CpuiddCapability; with its delta on this host if @with_delta (a
 * question more each, of a daemon) */
GPtrArray *cpuidd_host_list_capabilities(CpuiddHost *host, bool with_delta, GError **error);

/* The delta of one, as GPtrArray of CpuiddOperation. CPUIDD_ERROR_INPUT for an unknown name. */
GPtrArray *cpuidd_host_get_delta(CpuiddHost *host, const char *capability, GError **error);

/* {"schema": "cpuidd.capabilities/1", "capabilities": [{"name", "default", "has": true, false or
 * null, "value", "summary", "implies", "requires", "enabling": text or null, "delta": [...]}
 * ...]} */
char *cpuidd_capabilities_to_json(GPtrArray *capabilities, CpuiddJson style);

/* ------------------------------------------ Explain ------------------------------------------- */

typedef struct CpuiddParagraph {
        const char *title; /* one or two words: "rule", "this host" */
        const char *text;
} CpuiddParagraph;

typedef struct CpuiddExplanation {
        const char *topic;     /* what was asked for */
        GPtrArray *paragraphs; /* CpuiddParagraph. One with the title "field" opens each of
                                * several fields (all of a register or leaf). */
} CpuiddExplanation;

/* What a place, a field's name or a capability means: the rule and why, what setting and clearing
 * it means, what @host says (NULL: no host is asked), the source. CPUIDD_ERROR_INPUT for what is
 * nothing that is known, with what is near to it. Free with cpuidd_explanation_free(). */
CpuiddExplanation *cpuidd_explain(CpuiddHost *host, const char *what, GError **error);
CpuiddExplanation *cpuidd_explanation_free(CpuiddExplanation *explanation);

/* GPtrArray of CpuiddExplanation: {"schema": "cpuidd.explanation/1", "topic", "paragraphs":
 * [{"title", "text"} ...]}, of several as with cpuidd_verdicts_to_json() */
char *cpuidd_explanations_to_json(GPtrArray *explanations, CpuiddJson style);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CpuiddGuest, cpuidd_guest_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CpuiddHost, cpuidd_host_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CpuiddVerdict, cpuidd_verdict_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CpuiddTrial, cpuidd_trial_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CpuiddStatus, cpuidd_status_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CpuiddOffer, cpuidd_offer_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CpuiddMonitor, cpuidd_monitor_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CpuiddChange, cpuidd_change_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CpuiddExplanation, cpuidd_explanation_free)

G_END_DECLS
