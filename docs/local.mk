# SPDX-License-Identifier: LGPL-2.1-or-later
EXTRA_DIST += \
	%D%/examples \
	%D%/forms.md \
	%D%/matrix.md \
	%D%/questions.md \
	%D%/rules.md \
	%D%/security.md
