# SPDX-License-Identifier: LGPL-2.1-or-later
#
# One line a test. They link the engine and, where they need it, a room's own convenience library.
unit_tests = \
	%D%/test-check \
	%D%/test-control \
	%D%/test-corpus-index \
	%D%/test-corpus-libvirt \
	%D%/test-corpus-qemu \
	%D%/test-corpus-text \
	%D%/test-correction \
	%D%/test-coverage \
	%D%/test-dependency \
	%D%/test-enumerate \
	%D%/test-explain \
	%D%/test-fingerprint \
	%D%/test-forced \
	%D%/test-form-cloud-hypervisor \
	%D%/test-form-cpuid \
	%D%/test-form-dev \
	%D%/test-form-firecracker \
	%D%/test-form-kcpuid \
	%D%/test-form-kvm \
	%D%/test-form-libvirt \
	%D%/test-form-libvirt-cpu \
	%D%/test-form-qemu \
	%D%/test-form-qemu-line \
	%D%/test-form-same-host \
	%D%/test-form-text \
	%D%/test-form-xen \
	%D%/test-form-xen-features \
	%D%/test-formats \
	%D%/test-guest-qmp \
	%D%/test-host \
	%D%/test-host-change \
	%D%/test-json \
	%D%/test-kernels \
	%D%/test-kinds \
	%D%/test-leaf \
	%D%/test-masks \
	%D%/test-message \
	%D%/test-missing \
	%D%/test-msr \
	%D%/test-names \
	%D%/test-offer \
	%D%/test-place \
	%D%/test-property \
	%D%/test-qmp \
	%D%/test-random \
	%D%/test-recording \
	%D%/test-remedy \
	%D%/test-report \
	%D%/test-report-rows \
	%D%/test-samples \
	%D%/test-self-trial \
	%D%/test-template \
	%D%/test-trial-text \
	%D%/test-tsc \
	%D%/test-unknown \
	%D%/test-write

check_LTLIBRARIES += %D%/libsupport.la
%C%_libsupport_la_SOURCES = %D%/support.c %D%/support.h
%C%_libsupport_la_SOURCES += %D%/fake-kernel.c %D%/fake-kernel.h %D%/fake-kvm.c %D%/fake-kvm.h
%C%_libsupport_la_SOURCES += %D%/trial-support.c %D%/trial-support.h
%C%_libsupport_la_LIBADD = policy/libpolicy.la

check_LTLIBRARIES += %D%/libformsupport.la
%C%_libformsupport_la_SOURCES = %D%/form-support.c %D%/form-support.h
%C%_libformsupport_la_LIBADD = client/formats/libformats.la %D%/libsupport.la

check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)

%C%_test_check_LDADD = %D%/libsupport.la
%C%_test_control_LDADD = %D%/libsupport.la
%C%_test_corpus_index_LDADD = %D%/libformsupport.la
%C%_test_corpus_libvirt_LDADD = %D%/libformsupport.la
%C%_test_corpus_qemu_LDADD = %D%/libformsupport.la
%C%_test_corpus_text_LDADD = %D%/libformsupport.la
%C%_test_correction_LDADD = %D%/libsupport.la
%C%_test_coverage_LDADD = %D%/libsupport.la
%C%_test_dependency_LDADD = %D%/libsupport.la
%C%_test_enumerate_LDADD = %D%/libsupport.la
%C%_test_explain_LDADD = %D%/libsupport.la
%C%_test_fingerprint_LDADD = %D%/libsupport.la
%C%_test_forced_LDADD = %D%/libsupport.la
%C%_test_form_cloud_hypervisor_LDADD = %D%/libformsupport.la
%C%_test_form_cpuid_LDADD = %D%/libformsupport.la
%C%_test_form_dev_LDADD = %D%/libformsupport.la
%C%_test_form_firecracker_LDADD = %D%/libformsupport.la
%C%_test_form_kcpuid_LDADD = %D%/libformsupport.la
%C%_test_form_kvm_LDADD = %D%/libformsupport.la
%C%_test_form_libvirt_LDADD = %D%/libformsupport.la
%C%_test_form_libvirt_cpu_LDADD = %D%/libformsupport.la
%C%_test_form_qemu_LDADD = %D%/libformsupport.la
%C%_test_form_qemu_line_LDADD = %D%/libformsupport.la
%C%_test_form_same_host_LDADD = %D%/libformsupport.la
%C%_test_form_text_LDADD = %D%/libformsupport.la
%C%_test_form_xen_LDADD = %D%/libformsupport.la
%C%_test_form_xen_features_LDADD = %D%/libformsupport.la
%C%_test_formats_LDADD = %D%/libformsupport.la
%C%_test_guest_qmp_LDADD = client/lib/libqmp.la %D%/libformsupport.la
%C%_test_host_change_LDADD = %D%/libsupport.la
%C%_test_host_LDADD = %D%/libsupport.la
%C%_test_json_LDADD = %D%/libformsupport.la
%C%_test_kernels_LDADD = %D%/libsupport.la
%C%_test_kinds_LDADD = %D%/libsupport.la
%C%_test_leaf_LDADD = %D%/libsupport.la
%C%_test_masks_LDADD = %D%/libsupport.la
%C%_test_message_LDADD = %D%/libsupport.la
%C%_test_missing_LDADD = %D%/libsupport.la
%C%_test_msr_LDADD = %D%/libsupport.la
%C%_test_names_LDADD = %D%/libformsupport.la
%C%_test_offer_LDADD = %D%/libsupport.la
%C%_test_place_LDADD = %D%/libsupport.la
%C%_test_property_LDADD = %D%/libsupport.la
%C%_test_qmp_LDADD = client/lib/libqmp.la %D%/libformsupport.la
%C%_test_random_LDADD = %D%/libsupport.la
%C%_test_recording_LDADD = %D%/libsupport.la
%C%_test_remedy_LDADD = %D%/libsupport.la
%C%_test_report_LDADD = %D%/libsupport.la
%C%_test_report_rows_LDADD = %D%/libsupport.la
%C%_test_samples_LDADD = %D%/libformsupport.la
%C%_test_self_trial_LDADD = %D%/libsupport.la
%C%_test_template_LDADD = %D%/libformsupport.la
%C%_test_trial_text_LDADD = %D%/libsupport.la
%C%_test_tsc_LDADD = %D%/libsupport.la
%C%_test_unknown_LDADD = %D%/libsupport.la
%C%_test_write_LDADD = %D%/libformsupport.la
%C%_test_guest_qmp_SOURCES = %D%/test-guest-qmp.c %D%/fake-qmp.c %D%/fake-qmp.h
%C%_test_qmp_SOURCES = %D%/test-qmp.c %D%/fake-qmp.c %D%/fake-qmp.h
%C%_test_enumerate_SOURCES = %D%/test-enumerate.c %D%/enumerate.h
%C%_test_missing_SOURCES = %D%/test-missing.c %D%/enumerate.h
EXTRA_DIST += %D%/cpu_map
