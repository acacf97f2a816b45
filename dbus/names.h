/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the daemon and its clients call things on the bus. What they mean is in
 * dbus/org.cpuidd1.Host.xml. */

#define CPUIDD_BUS_NAME "org.cpuidd1"
#define CPUIDD_OBJECT_PATH "/org/cpuidd1"
#define CPUIDD_INTERFACE "org.cpuidd1.Host"

#define CPUIDD_ERROR_NAME_INVALID_TABLE "org.cpuidd1.Error.InvalidTable"
#define CPUIDD_ERROR_NAME_UNKNOWN_CAPABILITY "org.cpuidd1.Error.UnknownCapability"
#define CPUIDD_ERROR_NAME_UNKNOWN_OPTION "org.cpuidd1.Error.UnknownOption"
#define CPUIDD_ERROR_NAME_NOT_READY "org.cpuidd1.Error.NotReady"
#define CPUIDD_ERROR_NAME_BUSY "org.cpuidd1.Error.Busy"
#define CPUIDD_ERROR_NAME_TOO_LARGE "org.cpuidd1.Error.TooLarge"
#define CPUIDD_ERROR_NAME_TRIAL "org.cpuidd1.Error.Trial"
