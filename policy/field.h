/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What every bit of CPUID and of the feature MSRs means: the rows of data/fields.table and
 * data/msrs.table, compiled. A MSR is a leaf of its own: its low half is in eax, the high half in
 * ebx. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/field-sizes.h"
#include "policy/leaf.h"

/* Whose leaves they are. KVM's and Hyper-V's have the same numbers and are told apart by the
 * signature at their base. */
typedef enum FieldInterface {
        FIELD_INTERFACE_CPU,
        FIELD_INTERFACE_KVM,
        FIELD_INTERFACE_HYPERV,
        FIELD_INTERFACE_MSR, /* the leaf is the MSR's index */
        N_FIELD_INTERFACES,
} FieldInterface;

typedef enum FieldRule {
        FIELD_RULE_RESERVED, /* bits without a row */
        FIELD_RULE_FEATURE,
        FIELD_RULE_HINT,
        FIELD_RULE_GUARANTEE,
        FIELD_RULE_INVERTED,
        FIELD_RULE_AT_MOST,
        FIELD_RULE_EQUAL,
        FIELD_RULE_DYNAMIC,
        FIELD_RULE_IDENTITY,
        FIELD_RULE_TOPOLOGY,
        FIELD_RULE_INFORMATIONAL,
        FIELD_RULE_GRANTED,
        FIELD_RULE_PROVIDED,
        FIELD_RULE_AT_LEAST,
        N_FIELD_RULES,
} FieldRule;

typedef enum Severity {
        SEVERITY_NONE,
        SEVERITY_NOTE,
        SEVERITY_WARNING,
        SEVERITY_ERROR,
} Severity;

typedef enum FieldShow {
        FIELD_SHOW_FLAG, /* one bit: its name or nothing */
        FIELD_SHOW_DEC,
        FIELD_SHOW_HEX,
        FIELD_SHOW_ASCII,
} FieldShow;

typedef enum FieldFlags {
        FIELD_ZERO_UNKNOWN = 1 << 0,    /* a host's 0 means that it was not told */
        FIELD_BELOW_NOTE = 1 << 1,      /* a guest's smaller value is a note */
        FIELD_MAXIMUM_LEAF = 1 << 2,    /* the highest leaf of the range that starts at this leaf */
        FIELD_MAXIMUM_SUBLEAF = 1 << 3, /* the highest sub-leaf of this leaf */
        FIELD_ZERO_UNUSED = 1 << 4,     /* a guest's 0 says that it does not use it */
        FIELD_REWRITTEN = 1 << 5,       /* not dynamic, but older kernels rewrite a vCPU's own */
} FieldFlags;

/* What the engine has to know of a guest or host beyond comparing */
typedef enum FieldTells {
        FIELD_TELLS_TSC_INVARIANT,
        FIELD_TELLS_TSC_KHZ,
        FIELD_TELLS_TSC_NUMERATOR, /* TSC / crystal = numerator / denominator */
        FIELD_TELLS_TSC_DENOMINATOR,
        FIELD_TELLS_CRYSTAL_HZ,
        FIELD_TELLS_BASE_MHZ,
        FIELD_TELLS_VIRTUAL, /* of a host: the hardware's 1 says that it is a VM itself */
        N_FIELD_TELLS,
} FieldTells;

typedef enum Vendor {
        VENDOR_INTEL = 1 << 0,
        VENDOR_AMD = 1 << 1,
        VENDOR_HYGON = 1 << 2,
        VENDOR_CENTAUR = 1 << 3,
        VENDOR_ZHAOXIN = 1 << 4,
} Vendor;

#define FIELD_NONE (-1)

/* What a field is on processors of some vendors, where that is not what it is elsewhere */
typedef struct FieldAlias {
        uint8_t vendors;
        const char *label;
        const char *summary;
} FieldAlias;

/* One row of data/fields.table. Indexes of other fields are FIELD_NONE where there is none. */
typedef struct Field {
        const char *name;
        const char *label;   /* what a message calls it: "AVX2" */
        const char *summary; /* one line without the label */
        const char *breaks;  /* what breaking the rule means, or NULL */
        const char *source;
        const char *unit;  /* or NULL */
        const char *since; /* the first Linux known whose KVM reports it: "6.2"; or NULL */
        uint32_t leaf;
        uint32_t subleaf;
        uint32_t subleaf_last; /* the same as subleaf but in a wildcard row */
        uint32_t scale;        /* a value is shown as value * scale + plus, in unit */
        uint32_t plus;
        uint32_t when_above; /* judged only where the guest's field `when` is above it */
        int16_t when;
        int16_t exact;       /* where the guest has this one, the bits have to be the host's */
        int16_t continues;   /* the row at which the text starts that this one is a part of */
        int16_t word;        /* in a Words; FIELD_NONE in a wildcard row */
        int16_t copy;        /* what it repeats in guests of its vendors */
        int16_t within;      /* an offer has it only where it has this */
        int16_t kept;        /* older kernels keep it in a vCPU's table only where that has this */
        int16_t span;        /* how long that is which starts here */
        uint16_t span_start; /* and where it starts at the earliest */
        uint8_t interface;
        uint8_t reg;
        uint8_t low;
        uint8_t high;
        uint8_t rule;
        uint8_t severity; /* when broken */
        uint8_t show;
        uint8_t flags;
        uint8_t vendors;           /* of hosts that can have it; 0: any */
        uint8_t text[N_REGISTERS]; /* registers that make up a text, in order */
        uint8_t n_text;            /* 0 where it is none */
        uint8_t n_values;
        uint8_t values[6];      /* the only values that a guest may have */
        const int16_t *needs;   /* ended by FIELD_NONE; NULL where there are none */
        const int16_t *same;    /* likewise: those that have to be the host's where this is not 0 */
        const int16_t *implied; /* likewise: a host that has them all counts as having this one */
        const char *const
                *parameters; /* "kvm_intel.nested", with '!' in front if it hides it when it is on;
                              * ended by NULL; NULL where there are none */
        const FieldAlias *aliases; /* ended by one without vendors; NULL where there are none */
} Field;

/* A (leaf, sub-leaf) that has rows: four words of a Words, from group * 4 on */
typedef struct FieldGroup {
        uint32_t leaf;
        uint32_t subleaf;
        uint32_t interface;
        int16_t when;     /* of a MSR: the field without which a guest has not got it */
        bool is_unlisted; /* a host that does not list the MSR has not said that it is 0 */
} FieldGroup;

/* One register of a group: which of its bits break how, and which rows it has (first_field +
 * n_fields) */
typedef struct FieldWord {
        uint32_t subset;   /* guest 1 needs host 1; all bits without a row are of these */
        uint32_t inverted; /* host 1 needs guest 1 */
        uint32_t exact;    /* compared as a number: at-most, equal, identity */
        uint32_t known;    /* bits that have a row */
        uint16_t first_field;
        uint16_t n_fields;
} FieldWord;

/* One of a field's needs, for those who go through all of them */
typedef struct FieldNeed {
        uint32_t mask;
        uint32_t needed_mask;
        int16_t word;
        int16_t needed_word;
        int16_t field;
        int16_t needed;
} FieldNeed;

typedef struct FieldLeaf {
        uint32_t leaf;
        uint8_t interface;
        bool indexed;
        const char *title;
} FieldLeaf;

/* Generated from data/fields.table by data/fields.awk; the sizes N_FIELDS, N_FIELD_GROUPS,
 * N_FIELD_WORDS, N_FIELD_LEAVES and so on are in data/field-sizes.h. Fields and groups are in
 * table order: by interface as they come in the files (MSRs last), leaf, sub-leaf, register,
 * bit. Groups have explicit sub-leaves only; wildcard rows are found with field_find_wildcard(). */
extern const Field field_table[N_FIELDS];
extern const FieldGroup field_groups[N_FIELD_GROUPS];
extern const FieldWord field_words[N_FIELD_WORDS];
extern const FieldLeaf field_leaves[N_FIELD_LEAVES];
extern const int16_t field_telling[N_FIELD_TELLS];
extern const FieldNeed field_needs[N_FIELD_NEEDS]; /* those of a field stand together */
extern const int16_t field_copies[N_FIELD_COPIES]; /* the fields that have `copy` ... */
extern const int16_t field_spans[N_FIELD_SPANS];   /* ... and those that have `span` */

/* By name; '-' counts as '_', and case does not matter. NULL if there is none. */
const Field *field_find(const char *name);

/* The row of a bit; NULL if it is reserved or its leaf has none. Wildcard rows count. */
const Field *field_at(FieldInterface interface, uint32_t leaf, uint32_t subleaf, Register reg,
                      unsigned bit);

/* Which bits of each register wildcard rows cover */
void field_wildcard_masks(FieldInterface interface, uint32_t leaf, uint32_t subleaf,
                          uint32_t ret[N_REGISTERS]);

/* The leaf's first group from this sub-leaf on, or -1 */
int field_group_first(FieldInterface interface, uint32_t leaf, uint32_t subleaf);

/* The group of (leaf, sub-leaf), or -1 */
int field_group_find(FieldInterface interface, uint32_t leaf, uint32_t subleaf);

/* The leaf's entry; NULL for a leaf without one */
const FieldLeaf *field_leaf_find(FieldInterface interface, uint32_t leaf);

uint32_t field_mask(const Field *field);
/* Whether anything that it finds is more than a note */
bool field_decides(const Field *field);
/* Whether KVM may make something else of it in a vCPU's own table: reading that back need not give
 * what was set, on every kernel or on some */
bool field_is_rewritten(const Field *field);
/* "0x7.0:ebx[6]", "msr 0x10a[5]" */
char *field_where(const Field *field);
/* Whether a guest may have the value at all: one of the row's values, where it names any */
bool field_has_value(const Field *field, uint32_t value);
size_t field_index(const Field *field);

const char *field_rule_to_string(FieldRule rule);
const char *severity_to_string(Severity severity);
/* "Intel or AMD" */
char *vendors_to_string(uint8_t vendors);
