// SPDX-License-Identifier: GPL-2.0
/* paths - names of VMs and the paths made of them */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/ivr_msg.h"
#include "lib/paths.h"

static void names(void **state)
{
	char name[IVR_VM_NAME_MAX + 1];

	assert_int_equal(vm_name_check("demo"), 0);
	assert_int_equal(vm_name_check("web server 1"), 0);
	assert_int_equal(vm_name_check("..."), 0);
	assert_int_equal(vm_name_check(".hidden"), 0);
	assert_int_equal(vm_name_check("\xc3\xa4"), 0);

	assert_int_equal(vm_name_check(""), -EINVAL);
	assert_int_equal(vm_name_check("."), -EINVAL);
	assert_int_equal(vm_name_check(".."), -EINVAL);
	assert_int_equal(vm_name_check("a/b"), -EINVAL);
	assert_int_equal(vm_name_check("../a"), -EINVAL);
	assert_int_equal(vm_name_check("a\nb"), -EINVAL);
	assert_int_equal(vm_name_check("a\x7f"), -EINVAL);

	memset(name, 'n', sizeof(name));
	name[IVR_VM_NAME_MAX] = '\0';
	assert_int_equal(vm_name_check(name), -ENAMETOOLONG);
	name[IVR_VM_NAME_MAX - 1] = '\0';
	assert_int_equal(vm_name_check(name), 0);
}

static void paths(void **state)
{
	char buf[32];

	assert_int_equal(path_of_vm(buf, sizeof(buf), "/run/ivring", "demo",
				    "q"),
			 0);
	assert_string_equal(buf, "/run/ivring/demo/q");
	assert_int_equal(path_of_vm(buf, sizeof(buf), "/run/ivring", "demo",
				    NULL),
			 0);
	assert_string_equal(buf, "/run/ivring/demo");
	assert_int_equal(path_of_vm(buf, sizeof(buf), "/run", "..", "q"),
			 -EINVAL);
	assert_int_equal(path_of_vm(buf, 18, "/run/ivring", "demo", "q"),
			 -ENAMETOOLONG);
	assert_int_equal(path_of_vm(buf, 19, "/run/ivring", "demo", "q"), 0);
}

static void directories(void **state)
{
	char root[] = "/tmp/ivr-paths.XXXXXX";
	char path[64], file[64];
	struct stat st;

	assert_non_null(mkdtemp(root));
	umask(0077);
	snprintf(path, sizeof(path), "%s/a/b", root);
	assert_int_equal(path_make_dir(path, 0755), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0755);
	assert_int_equal(path_make_dir(path, 0700), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0755);

	snprintf(file, sizeof(file), "%s/a/file", root);
	fclose(fopen(file, "w"));
	assert_int_equal(path_make_dir(file, 0755), -ENOTDIR);
	unlink(file);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/a", root);
	rmdir(path);
	assert_int_equal(rmdir(root), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(paths),
		cmocka_unit_test(directories),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
