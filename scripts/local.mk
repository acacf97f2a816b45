# SPDX-License-Identifier: LGPL-2.1-or-later
EXTRA_DIST += %D%/quickstart %D%/test %D%/common.sh %D%/bus.conf.in
