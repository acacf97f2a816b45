/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The names of things come from the tables. What is known of a refusal beyond its number is what
 * KVM's source tells (facts 3), and what the field's row says of its values. */

#include "policy/report-text.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "policy/explain.h"
#include "policy/message.h"
#include "policy/place.h"

typedef struct CodeWords {
        int code;
        const char *name;
        const char *words; /* of any call */
        const char *table; /* of KVM_SET_CPUID2; NULL: the same */
} CodeWords;

/* Not the C library's: its words are about files. */
static const CodeWords code_words[] = {
        { EPERM, "EPERM", "the process may not",
          "the process has not asked for the permission to give guests this state" },
        { ENOENT, "ENOENT", "KVM does not know it", NULL },
        { EINTR, "EINTR", "a signal came", NULL },
        { EIO, "EIO", "it takes a step before that was not taken", NULL },
        { E2BIG, "E2BIG", "it is too large", "the table has more rows than KVM takes" },
        { EAGAIN, "EAGAIN", "a limit of the process or the machine is reached", NULL },
        { ENOMEM, "ENOMEM", "there is no memory for it", NULL },
        { EACCES, "EACCES", "the process may not", NULL },
        { EFAULT, "EFAULT", "KVM cannot read or write the memory",
          "the buffer of the state that it adds cannot grow" },
        { EBUSY, "EBUSY", "it is too late for it: there is a vCPU already", NULL },
        { EEXIST, "EEXIST", "it is there already", NULL },
        { ENODEV, "ENODEV", "there is no such device", NULL },
        { EINVAL, "EINVAL", "KVM takes no such value", NULL },
        { EMFILE, "EMFILE", "there are too many open files", NULL },
        { ENOTTY, "ENOTTY", "this KVM does not know the call", NULL },
        { ENOSYS, "ENOSYS", "this kernel does not know the call", NULL },
        { EOPNOTSUPP, "EOPNOTSUPP", "this KVM cannot", NULL },
        { ENXIO, "ENXIO", "this KVM does not have it", NULL },
};

static const CodeWords *find_code(int code) {
        for (size_t i = 0; i < G_N_ELEMENTS(code_words); i++)
                if (code_words[i].code == code)
                        return &code_words[i];

        return NULL;
}

char *report_code_to_string(int code) {
        const CodeWords *words = find_code(code);

        return words ? g_strdup(words->name) : g_strdup_printf("error %d", code);
}

/* "EINVAL: KVM takes no such value" */
static char *explain_code(int code) {
        const CodeWords *words = find_code(code);

        return words ? g_strdup_printf("%s: %s", words->name, words->words) :
                       report_code_to_string(code);
}

/* Where no VM can be made yet it is not too late: VMX is on already, and not by KVM. */
static bool is_taken(const TrialEvidence *evidence) {
        return evidence->failure_code == EBUSY && strcmp(evidence->failure, "KVM_CREATE_VM") == 0;
}

char *report_failure_to_text(const TrialEvidence *evidence) {
        g_autofree char *code = is_taken(evidence) ?
                g_strdup("EBUSY: another program has the CPU's virtualization for itself") :
                explain_code(evidence->failure_code);

        return g_strdup_printf("%s failed with %s", evidence->failure, code);
}

static char *label_of(const ReadbackPlace *place) {
        if (place->row)
                return message_label(place->row);
        return g_strdup(place->low == place->high ? "a bit that this version knows no meaning of" :
                                                    "bits that this version knows no meaning of");
}

static bool is_flag(const ReadbackPlace *place) {
        return place->row && place->row->show == FIELD_SHOW_FLAG;
}

static char *value_of(const ReadbackPlace *place, uint32_t value) {
        return place->row ? explain_value(place->row, value) : g_strdup_printf("0x%x", value);
}

static bool is_plural(const ReadbackPlace *place) {
        return place->row ? !is_flag(place) && g_str_equal(message_verb(place->row), "are") :
                            place->low != place->high;
}

/* "the guest has AVX2", "the guest's linear address width is 40" */
static char *say_given(const ReadbackPlace *place) {
        g_autofree char *label = label_of(place), *value = value_of(place, place->set);

        if (is_flag(place) || !place->row)
                return g_strdup_printf("the guest has %s", label);
        return g_strdup_printf("the guest's %s %s %s", label, message_verb(place->row), value);
}

/* "KVM clears LA57", "KVM makes the maximum 7 instead of 13" */
static char *say_change(const ReadbackPlace *place) {
        g_autofree char *label = label_of(place), *from = value_of(place, place->set),
                        *to = value_of(place, place->back);

        if (place->is_dropped)
                return g_strdup_printf("KVM drops the row 0x%x.%u, in which %s is", place->leaf,
                                       place->subleaf, label);
        if (is_flag(place) || (!place->row && (place->set == 0 || place->back == 0)))
                return g_strdup_printf("KVM %s %s", place->back ? "sets" : "clears", label);
        return g_strdup_printf("KVM makes %s %s instead of %s", label, to, from);
}

static char *say_reason(const ReadbackPlace *place, ExpectationReason reason,
                        const Capability *capability) {
        switch (reason) {
        case EXPECTATION_RULE:
                if (place->row->kept != FIELD_NONE)
                        return g_strdup_printf("older kernels keep it only with %s",
                                               field_table[place->row->kept].label);
                return g_strdup(place->row->rule == FIELD_RULE_DYNAMIC ?
                                        "it keeps that current as the guest runs" :
                                        "some kernels do that in every vCPU");
        case EXPECTATION_DYNAMIC:
                return g_strdup_printf("with %s it keeps that current as the guest runs",
                                       capability ? capability->name : "a capability");
        case EXPECTATION_REMOVED:
                return g_strdup_printf("%s takes that away",
                                       capability ? capability->name : "a capability");
        case EXPECTATION_FORCED:
        case EXPECTATION_DROPPED:
                return g_strdup(place->set == 0          ? "every vCPU of this host has it" :
                                        place->back == 0 ? "no vCPU of this host has it" :
                                                           "so it is in every vCPU of this host");
        default:
                return g_strdup("no rule, capability or profile tells of that");
        }
}

char *report_say_changed(const ReadbackPlace *place, ExpectationReason reason,
                         const Capability *capability) {
        g_autofree char *given = say_given(place), *label = label_of(place),
                        *why = say_reason(place, reason, capability),
                        *to = value_of(place, place->back);
        const char *it = is_plural(place) ? "them" : "it";

        if (place->is_dropped)
                return g_strdup_printf("%s, and KVM drops its whole row: %s", given, why);
        if (place->set == 0)
                return is_flag(place) || !place->row ?
                        g_strdup_printf("the guest was not given %s, and KVM sets %s: %s", label,
                                        it, why) :
                        g_strdup_printf("the guest was given no %s, and KVM makes %s %s: %s", label,
                                        it, to, why);
        if (place->back == 0)
                return g_strdup_printf("%s, and KVM clears %s: %s", given, it, why);
        return g_strdup_printf("%s, and KVM makes %s %s: %s", given, it, to, why);
}

/* "0, 48 or 57" */
static char *values_to_text(const Field *row) {
        GString *text = g_string_new(NULL);

        for (size_t i = 0; i < row->n_values; i++)
                g_string_append_printf(text, "%s%u",
                                       i == 0                         ? "" :
                                               i + 1 == row->n_values ? " or " :
                                                                        ", ",
                                       row->values[i]);
        return g_string_free(text, FALSE);
}

char *report_say_culprit(const ReadbackPlace *place, int code) {
        const CodeWords *words = find_code(code);
        g_autofree char *given = say_given(place), *name = report_code_to_string(code),
                        *values = NULL;

        if (place->row && code == EINVAL && !field_has_value(place->row, place->set)) {
                values = values_to_text(place->row);
                return g_strdup_printf("%s, and KVM_SET_CPUID2 refuses it with %s: it has to be %s",
                                       given, name, values);
        }
        return g_strdup_printf("%s, and KVM_SET_CPUID2 refuses it with %s%s%s", given, name,
                               words ? ": " : "", words ? words->table ?: words->words : "");
}

char *report_say_untaken(const ReadbackPlace *place, int code) {
        const CodeWords *words = find_code(code);
        g_autofree char *given = say_given(place), *name = report_code_to_string(code);

        return g_strdup_printf("%s, and KVM_SET_CPUID2 refuses the whole table with %s%s%s", given,
                               name, words ? ": " : "", words ? words->table ?: words->words : "");
}

char *report_say_msr(const TrialMsrAnswer *answer, uint64_t set) {
        if (answer->code != 0)
                return g_strdup_printf("the guest's MSR 0x%x is 0x%" PRIx64
                                       ", and KVM_SET_MSRS does not take it",
                                       answer->index, set);
        if (!answer->has_value)
                return g_strdup_printf("the guest's MSR 0x%x is 0x%" PRIx64
                                       ": KVM takes it, and does not give it back",
                                       answer->index, set);
        return g_strdup_printf("the guest's MSR 0x%x is 0x%" PRIx64 ", and KVM makes it 0x%" PRIx64,
                               answer->index, set, answer->value);
}

/* Why KVM was not asked */
static char *say_not_tried(const TrialRefusal *refusal) {
        switch ((CapabilityEnablingKind) refusal->capability->enabling.kind) {
        case ENABLING_DEVICE:
                return g_strdup_printf("a trial has no descriptor of %s", refusal->call);
        case ENABLING_VM_TYPE:
                return g_strdup("a VM has one type, and another one was taken");
        default:
                return g_strdup_printf("%s takes what a trial does not have", refusal->call);
        }
}

char *report_say_refusal(const TrialRefusal *refusal) {
        g_autofree char *code = explain_code(refusal->code), *why = NULL;

        if (refusal->code == 0) {
                why = say_not_tried(refusal);
                return g_strdup_printf("the guest's VMM enables %s; it was not tried, since %s",
                                       refusal->capability->name, why);
        }
        return g_strdup_printf("the guest's VMM enables %s, and KVM refuses it: %s fails with %s",
                               refusal->capability->name, refusal->call, code);
}

/* "CR4.LA57 with EINVAL", or among others "CR4.LA57 (EINVAL)"; a MSR's refusal has no number */
static char *control_to_text(const TrialControlAnswer *answer, bool is_alone) {
        const Control *control = &control_table[answer->control];
        g_autofree char *code = report_code_to_string(answer->code);

        return answer->code == 0 || answer->code == TRIAL_MSR_REFUSED ?
                g_strdup(control->name) :
                g_strdup_printf(is_alone ? "%s with %s" : "%s (%s)", control->name, code);
}

static char *controls_to_text(const GArray *answers) {
        GString *text = g_string_new(NULL);

        for (guint i = 0; i < answers->len; i++) {
                g_autofree char *one = control_to_text(
                        &g_array_index(answers, TrialControlAnswer, i), answers->len == 1);

                g_string_append_printf(text, "%s%s",
                                       i == 0                        ? "" :
                                               i + 1 == answers->len ? " and " :
                                                                       ", ",
                                       one);
        }
        return g_string_free(text, FALSE);
}

char *report_say_backing(const ReadbackPlace *place, const GArray *taken, const GArray *refused) {
        g_autofree char *given = say_given(place),
                        *controls = controls_to_text(refused->len > 0 ? refused : taken);

        return g_strdup_printf("%s, and KVM %s %s", given, refused->len > 0 ? "refuses" : "takes",
                               controls);
}

/* Contradictions ---------------------------------------------------------------------------------*/

char *contradiction_say_rewritten(const ReadbackPlace *place, bool is_measured) {
        g_autofree char *change = say_change(place);

        return g_strdup_printf(
                "no rule%s tells that KVM rewrites this%s, and %s: data/fields.table "
                "is wrong, or this kernel is special",
                is_measured ? ", capability or profile" : " or capability",
                is_measured ? "" : ", what it forces was not measured", change);
}

char *contradiction_say_forced(const ReadbackPlace *place, bool is_on) {
        g_autofree char *label = label_of(place);

        return g_strdup_printf("the profile says that %s vCPU of this host has %s, and this one "
                               "has %s: the profile is older than this KVM, or what KVM forces "
                               "depends on the rest of the table",
                               is_on ? "every" : "no", label, is_on ? "not" : "it");
}

char *contradiction_say_left(const ReadbackPlace *place, const Capability *capability) {
        g_autofree char *label = label_of(place);

        return g_strdup_printf("data/capabilities.table says that %s takes %s away from a vCPU, "
                               "and KVM leaves it: the entry is wrong, or this kernel is special",
                               capability->name, label);
}

char *contradiction_say_delta(const ReadbackPlace *place, const Capability *capability) {
        g_autofree char *change = say_change(place);

        return g_strdup_printf("with %s %s, and data/capabilities.table does not say so: the entry "
                               "is incomplete, or this kernel is special",
                               capability->name, change);
}

char *contradiction_say_culprit(const ReadbackPlace *place, int code) {
        g_autofree char *label = label_of(place), *value = value_of(place, place->set),
                        *name = report_code_to_string(code);
        bool is_number = place->row && !is_flag(place);

        return g_strdup_printf("the rules say that this host supports %s%s%s, and KVM_SET_CPUID2 "
                               "refuses it with %s: data/fields.table is wrong, or this kernel is "
                               "special",
                               label, is_number ? " = " : "", is_number ? value : "", name);
}

char *contradiction_say_untaken(int code) {
        g_autofree char *name = report_code_to_string(code);

        return g_strdup_printf(
                "the rules say that this host supports the guest, and KVM_SET_CPUID2 "
                "refuses the whole table with %s: this kernel is special, or short "
                "of something",
                name);
}

char *contradiction_say_control(const Field *field, const TrialControlAnswer *answer) {
        g_autofree char *label = message_label(field), *control = control_to_text(answer, true);

        return g_strdup_printf("the rules say that this host supports %s, and KVM refuses %s: "
                               "data/fields.table or data/controls.table is wrong, or this kernel "
                               "is special",
                               label, control);
}

char *contradiction_say_msr(const TrialMsrAnswer *answer, uint64_t set) {
        return g_strdup_printf("the rules say that this host supports 0x%" PRIx64
                               " in the MSR 0x%x, and KVM_SET_MSRS does not take it: "
                               "data/msrs.table is wrong, or this kernel is special",
                               set, answer->index);
}

char *contradiction_say_refusal(const TrialRefusal *refusal) {
        g_autofree char *code = explain_code(refusal->code);

        return g_strdup_printf("the profile says that this host has %s, and %s fails with %s: its "
                               "condition in data/capabilities.table is wrong, or this kernel is "
                               "special",
                               refusal->capability->name, refusal->call, code);
}

char *contradiction_say_failure(const TrialEvidence *evidence, const Capability *capability) {
        g_autofree char *failure = report_failure_to_text(evidence);

        return g_strdup_printf("the profile says that this host has %s, and there is no vCPU with "
                               "it: %s",
                               capability->name, failure);
}

char *contradiction_say_answer(const ReadbackPlace *place, const char *view) {
        g_autofree char *label = label_of(place), *then = value_of(place, place->set),
                        *now = value_of(place, place->back);
        const char *profile = view ? "the view " : "the profile", *name = view ?: "";

        if (is_flag(place) || !place->row)
                return g_strdup_printf(
                        "%s%s says that KVM %s %s, and KVM_GET_SUPPORTED_CPUID %s: KVM is not what "
                        "it was when the host was probed, or its answer depends on what the "
                        "profile does not tell",
                        profile, name, place->set ? "lists" : "does not list", label,
                        place->back ? "has it now" : "has it no more");
        return g_strdup_printf(
                "%s%s says that KVM lists %s = %s, and KVM_GET_SUPPORTED_CPUID has %s: KVM is not "
                "what it was when the host was probed, or its answer depends on what the profile "
                "does not tell",
                profile, name, label, then, now);
}
