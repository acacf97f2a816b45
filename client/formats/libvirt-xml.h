/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The elements by which libvirt tells of registers, in <cpudata> and in its map of features */

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "client/formats/xml.h"
#include "policy/leaf.h"

/* <cpuid eax_in= ecx_in= eax= ebx= ecx= edx=/>; the flags are 0. What is not there is 0, and no
 * other attribute is taken. */
bool libvirt_read_cpuid(const Xml *xml, const XmlTag *tag, Leaf *ret, GError **error);
/* <msr index= eax= edx=/> */
bool libvirt_read_msr(const Xml *xml, const XmlTag *tag, uint32_t *ret_index, uint64_t *ret_value,
                      GError **error);
