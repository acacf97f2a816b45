# SPDX-License-Identifier: LGPL-2.1-or-later
include client/formats/local.mk
include client/lib/local.mk
include client/ctl/local.mk
