# SPDX-License-Identifier: LGPL-2.1-or-later
# The contract, who may own its name and do more than ask, and how it is started by the first question.
dist_dbusinterface_DATA = %D%/org.cpuidd1.Host.xml
dist_dbuspolicy_DATA = %D%/org.cpuidd1.conf
dist_dbusservice_DATA = %D%/org.cpuidd1.service
dist_polkitaction_DATA = %D%/org.cpuidd1.policy

man_sources += %D%/org.cpuidd1.Host.5.scd
EXTRA_DIST += %D%/names.h
