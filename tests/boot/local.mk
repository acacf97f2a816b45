# SPDX-License-Identifier: LGPL-2.1-or-later
# What is installed, under a real systemd
TESTS += %D%/boot.test
EXTRA_DIST += %D%/boot.test %D%/inside %D%/inside-vm %D%/systemd-box %D%/vm-boot

check_PROGRAMS += %D%/box-tool
%C%_box_tool_LDADD = $(SYSTEMD_LIBS) $(GLIB_LIBS)
