/* Host files below a root: what programs may reach, what they may not, and what each refusal is. */
#include "ringside/files/files.h"
#include "ringside/files/root.h"
#include "ringside/files/shares.h"
#include "ringside/message.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

void message_error(const char *what, const char *format, ...) { (void)what, (void)format; }

static char base[64]; /* base/root is the root; base/outside is not below it */
static hal_file_info info;

static char *at(const char *name) {
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", base, name);
    return path;
}

static void put(const char *name, const char *text) {
    FILE *file = fopen(at(name), "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int64_t open_read(const char *path) { return files_open(path, HAL_FILE_READ, HAL_OPEN, &info); }

/* Opens, compares the contents, closes. */
static void expect_text(const char *path, const char *text) {
    char buffer[256] = "";
    int64_t file = open_read(path);

    assert_true(file >= 0);
    assert_int_equal(info.size, strlen(text));
    assert_int_equal(files_read(file, 0, buffer, sizeof buffer), strlen(text));
    assert_string_equal(buffer, text);
    assert_int_equal(files_close(file), 0);
    assert_int_equal(files_close(file), -HAL_EBADF);
}

static int set_up(void **state) {
    static const char secret[] = "carried inside";

    strcpy(base, "/tmp/ringside-test.XXXXXX");
    assert_non_null(mkdtemp(base));
    mkdir(at("root"), 0755);
    mkdir(at("root/Dir"), 0755);
    mkdir(at("root/Dir/Sub"), 0755);
    put("outside", "secret");
    put("root/Readme.TXT", "readme");
    put("root/Dir/file.txt", "in dir");
    put("root/case", "lower");
    put("root/CASE", "upper");
    put("named.sys", "named on the command line");
    put("root/protected", "read me only");
    chmod(at("root/protected"), 0444);
    (void)!symlink("../outside", at("root/escape"));
    (void)!symlink("/etc/passwd", at("root/absolute"));
    (void)!symlink("Dir/../Readme.TXT", at("root/inside"));
    (void)!symlink("../..", at("root/updir"));
    (void)!symlink("loop", at("root/loop"));
    (void)!symlink("nowhere", at("root/dangling"));
    mkfifo(at("root/pipe"), 0644);
    assert_int_equal(files_start(at("root")), 0);
    assert_int_equal(files_add_memory("Windows/System32/ntdll.dll", secret, sizeof secret - 1), 0);
    assert_int_equal(files_add_memory("Windows/System32/drivers/null.sys", secret, 4), 0);
    assert_int_equal(files_add_host("example.sys", at("named.sys")), 0);
    return 0;
}

static int tear_down(void **state) {
    char command[128];
    files_stop();
    files_stop();
    snprintf(command, sizeof command, "rm -rf %s", base);
    return system(command);
}

static void test_reads(void **state) {
    char buffer[8];
    int64_t file;

    expect_text("Readme.TXT", "readme");
    expect_text("README.txt", "readme");
    expect_text("dir/FILE.TXT", "in dir");
    expect_text("inside", "readme");
    file = open_read("Readme.TXT");
    assert_int_equal(files_read(file, 4, buffer, 8), 2);
    assert_int_equal(files_read(file, 6, buffer, 8), 0);
    assert_int_equal(files_read(file, UINT64_MAX, buffer, 8), -HAL_EINVAL);
    assert_int_equal(files_read(file, INT64_MAX, buffer, 8), -HAL_EINVAL);
    assert_true(files_write(file, 0, "x", 1) < 0);
    assert_int_equal(files_resize(file, 0), -HAL_EACCES);
    files_close(file);
    expect_text("Readme.TXT", "readme");
}

static void test_exact_case_wins(void **state) {
    expect_text("case", "lower");
    expect_text("CASE", "upper");
    expect_text("Case", "upper"); /* the first in byte order */
}

static void test_hostile_names(void **state) {
    static const char *const invalid[] = {
        "..",
        ".",
        "../outside",
        "Dir/../../outside",
        "Dir/..",
        "./case",
        "/etc/passwd",
        "/",
        "Dir//file.txt",
        "Dir/",
        "case.",
        "case ",
        "Dir./file.txt",
        "con",
        "NUL",
        "nul.txt",
        "Com1",
        "LPT9.log",
        "aux .c",
        "CONIN$",
        "a:b",
        "C:/case",
        "Dir\\file.txt",
        "a*",
        "a?",
        "a\"b",
        "a<b",
        "a>b",
        "a|b",
        "a\nb",
        "\x7F\x01",
        "\xFF",
        "\xC0\xAF",
        "\xED\xA0\x80",
        "\xF4\x90\x80\x80",
        "a\xE2\x82",
        "...",
        " ",
    };
    char path[HAL_MAX_PATH + 8];

    for (size_t i = 0; i < sizeof invalid / sizeof *invalid; i++) {
        assert_int_equal(open_read(invalid[i]), -HAL_EINVAL);
        assert_int_equal(files_open(invalid[i], HAL_FILE_WRITE, HAL_OPEN_IF, &info), -HAL_EINVAL);
        assert_int_equal(files_delete(invalid[i]), -HAL_EINVAL);
        assert_int_equal(files_rename("case", invalid[i], 1), -HAL_EINVAL);
        assert_int_equal(files_rename(invalid[i], "x", 1), -HAL_EINVAL);
    }
    memset(path, 'a', sizeof path);
    path[256] = '\0';
    assert_int_equal(open_read(path), -HAL_ENAMETOOLONG);
    path[255] = '\0';
    assert_int_equal(open_read(path), -HAL_ENOENT);
    memset(path, 'a', sizeof path);
    for (size_t i = 1; i < HAL_MAX_PATH; i += 2)
        path[i] = '/';
    path[HAL_MAX_PATH] = '\0';
    assert_int_equal(open_read(path), -HAL_ENAMETOOLONG);
    path[HAL_MAX_PATH - 1] = '\0';
    assert_int_equal(open_read(path), -HAL_ENOTDIR);
    assert_int_equal(files_open("case", HAL_FILE_READ, 77, &info), -HAL_EINVAL);
}

static void test_nothing_leads_out(void **state) {
    static const char *const out[] = {"escape", "absolute", "updir/outside", "updir/root/case", "updir", "loop", "loop/x"};

    for (size_t i = 0; i < sizeof out / sizeof *out; i++) {
        assert_int_equal(open_read(out[i]), -HAL_EACCES);
        assert_int_equal(files_open(out[i], HAL_FILE_WRITE, HAL_OVERWRITE_IF, &info), -HAL_EACCES);
    }
    assert_int_equal(files_open("updir/new", HAL_FILE_WRITE, HAL_CREATE, &info), -HAL_EACCES);
    assert_int_equal(files_open("updir/new", HAL_FILE_DIRECTORY, HAL_CREATE, &info), -HAL_EACCES);
    assert_int_equal(files_rename("case", "updir/stolen", 1), -HAL_EACCES);
    assert_int_equal(files_delete("updir/outside"), -HAL_EACCES);
    assert_int_equal(open_read("dangling"), -HAL_ENOENT);
    assert_true(files_open("dangling", HAL_FILE_WRITE, HAL_OPEN_IF, &info) < 0);
    assert_int_equal(access(at("outside"), F_OK), 0);
    assert_int_equal(access(at("root/nowhere"), F_OK), -1);
}

static void test_special_files(void **state) {
    char name[HAL_MAX_PATH];
    int64_t directory = open_read("");

    assert_int_equal(open_read("pipe"), -HAL_EACCES); /* at once: the test would hang otherwise */
    assert_int_equal(files_open("pipe", HAL_FILE_WRITE, HAL_OPEN, &info), -HAL_EACCES);
    assert_int_equal(files_open("pipe", 0, HAL_OPEN, &info), -HAL_EACCES);
    for (uint64_t i = 0; files_list(directory, i, name, &info) == 0; i++)
        assert_string_not_equal(name, "pipe");
    files_close(directory);
    assert_int_equal(files_add_host("dev", "/dev/null"), -HAL_EINVAL);
    assert_int_equal(files_add_host("dev", at("root/pipe")), -HAL_EINVAL);
    assert_int_equal(files_add_host("dev", base), -HAL_EISDIR);
    assert_int_equal(files_add_host("dev", "/nonexistent"), -HAL_ENOENT);
}

static void test_what_is_missing(void **state) {
    assert_int_equal(open_read("absent"), -HAL_ENOENT);
    assert_int_equal(open_read("Dir/absent"), -HAL_ENOENT);
    assert_int_equal(open_read("absent/absent"), -HAL_ENOTDIR);
    assert_int_equal(open_read("case/absent"), -HAL_ENOTDIR);
    assert_int_equal(files_open("absent/x", HAL_FILE_WRITE, HAL_CREATE, &info), -HAL_ENOTDIR);
    assert_int_equal(files_open("case", HAL_FILE_DIRECTORY, HAL_OPEN, &info), -HAL_ENOTDIR);
    assert_int_equal(files_open("case", HAL_FILE_READ, HAL_CREATE, &info), -HAL_EEXIST);
    assert_int_equal(files_open("Dir", HAL_FILE_READ, HAL_CREATE, &info), -HAL_EEXIST);
    assert_int_equal(files_open("absent", HAL_FILE_WRITE, HAL_OVERWRITE, &info), -HAL_ENOENT);
    assert_int_equal(files_open("Dir", HAL_FILE_WRITE, HAL_OVERWRITE, &info), -HAL_EISDIR);
}

static void test_change(void **state) {
    const uint64_t year_2001 = 126227808000000000ull;
    int64_t file = files_open("dated.txt", HAL_FILE_WRITE, HAL_CREATE, &info), look, sub;
    struct stat s;

    assert_int_equal(files_change(file, 0, year_2001 + 12345678, HAL_READONLY_ON), 0);
    assert_int_equal(stat(at("root/dated.txt"), &s), 0);
    assert_int_equal(s.st_mtim.tv_sec, 978307201);
    assert_int_equal(s.st_mtim.tv_nsec, 234567800);
    assert_int_equal(s.st_mode & 0222, 0);
    files_info(file, &info);
    assert_true(info.is_readonly && info.write_time == year_2001 + 12345678);
    assert_int_equal(files_write(file, 0, "x", 1), 1); /* who has it open already */
    files_close(file);
    look = files_open("dated.txt", 0, HAL_OPEN, &info);
    assert_int_equal(files_change(look, year_2001, 0, HAL_READONLY_OFF), 0);
    files_info(look, &info);
    assert_true(!info.is_readonly && info.access_time == year_2001);
    assert_int_equal(files_change(look, UINT64_MAX, 0, 0), -HAL_EINVAL);
    assert_int_equal(files_change(look, 0, 0, 3), -HAL_EINVAL);
    assert_int_equal(files_rename("dated.txt", "moved.txt", 0), 0);
    file = files_open("dated.txt", HAL_FILE_WRITE, HAL_CREATE, &info);
    assert_int_equal(files_change(look, year_2001, 0, 0), -HAL_EACCES); /* another file has that name now */
    files_close(file);
    files_close(look);
    assert_int_equal(files_delete("moved.txt"), 0);
    assert_int_equal(files_delete("dated.txt"), 0);
    sub = files_open("Dir", 0, HAL_OPEN, &info);
    assert_int_equal(files_change(sub, 0, year_2001, HAL_READONLY_ON), 0);
    files_info(sub, &info);
    assert_true(info.write_time == year_2001 && !info.is_readonly);
    files_close(sub);
    assert_int_equal(files_change(sub, 0, 0, 0), -HAL_EBADF);
    sub = files_open("", 0, HAL_OPEN, &info);
    assert_int_equal(files_change(sub, 0, year_2001, 0), -HAL_EACCES);
    files_close(sub);
}

static void test_life_of_a_file(void **state) {
    char buffer[16] = "";
    int64_t file = files_open("new.txt", HAL_FILE_READ | HAL_FILE_WRITE, HAL_CREATE, &info);

    assert_true(file >= 0);
    assert_int_equal(info.was_created, 1);
    assert_int_equal(files_write(file, 3, "abc", 3), 3);
    assert_int_equal(files_read(file, 0, buffer, 16), 6);
    assert_memory_equal(buffer, "\0\0\0abc", 6);
    assert_int_equal(files_resize(file, 2), 0);
    assert_int_equal(files_info(file, &info), 0);
    assert_int_equal(info.size, 2);
    assert_int_equal(files_flush(file), 0);
    files_close(file);
    assert_int_equal(files_rename("NEW.txt", "Dir/New2.txt", 0), 0);
    assert_int_equal(files_rename("Dir/new2.TXT", "case", 0), -HAL_EEXIST);
    assert_int_equal(files_rename("Dir/new2.txt", "dir/NEW2.txt", 0), 0); /* only its spelling */
    assert_int_equal(access(at("root/Dir/NEW2.txt"), F_OK), 0);
    file = files_open("dir/new2.txt", HAL_FILE_WRITE, HAL_OVERWRITE, &info);
    assert_true(file >= 0);
    assert_int_equal(info.size, 0);
    files_close(file);
    assert_int_equal(files_delete("dir/new2.txt"), 0);
    assert_int_equal(files_delete("dir/new2.txt"), -HAL_ENOENT);
    file = files_open("Made", HAL_FILE_DIRECTORY, HAL_CREATE, &info);
    assert_true(file >= 0);
    assert_int_equal(info.is_directory, 1);
    assert_int_equal(files_read(file, 0, buffer, 1), -HAL_EISDIR);
    files_close(file);
    files_close(files_open("made/x", HAL_FILE_WRITE, HAL_CREATE, &info));
    assert_int_equal(files_delete("made"), -HAL_ENOTEMPTY);
    assert_int_equal(files_delete("made/x"), 0);
    assert_int_equal(files_delete("made"), 0);
    assert_int_equal(files_delete(""), -HAL_EACCES);
}

static void test_readonly_is_readonly_for_root_too(void **state) {
    assert_int_equal(files_open("protected", HAL_FILE_WRITE, HAL_OPEN, &info), -HAL_EACCES);
    assert_int_equal(files_open("protected", HAL_FILE_WRITE, HAL_OVERWRITE_IF, &info), -HAL_EACCES);
    expect_text("protected", "read me only");
    assert_int_equal(info.is_readonly, 1);
}

static void test_overlay(void **state) {
    char path[HAL_MAX_PATH];
    int64_t file;

    expect_text("windows/system32/NTDLL.DLL", "carried inside");
    expect_text("EXAMPLE.SYS", "named on the command line");
    assert_int_equal(files_open("example.sys", HAL_FILE_WRITE, HAL_OPEN, &info), -HAL_EACCES);
    assert_int_equal(files_open("example.sys", HAL_FILE_READ, HAL_OVERWRITE_IF, &info), -HAL_EACCES);
    assert_int_equal(files_open("example.sys", HAL_FILE_READ, HAL_CREATE, &info), -HAL_EEXIST);
    assert_int_equal(files_delete("example.sys"), -HAL_EACCES);
    assert_int_equal(files_rename("case", "example.sys", 1), -HAL_EACCES);
    assert_int_equal(files_delete("windows"), -HAL_EACCES);
    assert_int_equal(open_read("windows/absent"), -HAL_ENOENT);
    assert_int_equal(open_read("windows/absent/absent"), -HAL_ENOTDIR);
    assert_int_equal(files_add_host("example.sys", at("named.sys")), 0); /* twice the same */
    assert_int_equal(files_add_host("Example.sys", at("outside")), -HAL_EEXIST);
    assert_int_equal(files_add_host("windows", at("outside")), -HAL_EEXIST);
    assert_int_equal(files_add_host("example.sys/x", at("outside")), -HAL_EEXIST);
    file = open_read("example.sys");
    assert_int_equal(files_host_path(file, path), 0);
    assert_string_equal(path, "example.sys");
    assert_true(files_descriptor(file) >= 0);
    files_close(file);
    /* The overlay's directories can be written into: they come to be in the root. */
    file = files_open("windows/System32/new.ini", HAL_FILE_WRITE, HAL_CREATE, &info);
    assert_true(file >= 0);
    assert_int_equal(files_host_path(file, path), 0);
    assert_string_equal(path, "windows/System32/new.ini");
    files_close(file);
    expect_text("Windows/system32/ntdll.dll", "carried inside");
    assert_int_equal(files_delete("Windows/System32/NEW.INI"), 0);
}

static void test_listing(void **state) {
    static const char *const wanted[] = {"CASE", "case", "Dir", "example.sys", "inside", "protected", "Readme.TXT", "Windows"};
    char name[HAL_MAX_PATH];
    int64_t directory = open_read("");

    mkdir(at("root/windows"), 0755);
    put("root/bad\\name", "");
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(files_list(directory, i, name, &info), 0);
        assert_string_equal(name, wanted[i]);
    }
    assert_int_equal(info.is_directory, 1);
    assert_int_equal(files_list(directory, 8, name, &info), -HAL_ENOENT);
    assert_int_equal(files_list(directory, UINT64_MAX, name, &info), -HAL_ENOENT);
    files_close(directory);
    directory = open_read("WINDOWS/SYSTEM32");
    assert_int_equal(files_list(directory, 0, name, &info), 0);
    assert_string_equal(name, "drivers");
    assert_int_equal(files_list(directory, 1, name, &info), 0);
    assert_string_equal(name, "ntdll.dll");
    assert_int_equal(info.size, 14);
    assert_int_equal(files_list(directory, 2, name, &info), -HAL_ENOENT);
    files_close(directory);
    directory = open_read("case");
    assert_int_equal(files_list(directory, 0, name, &info), -HAL_ENOTDIR);
    files_close(directory);
}

static void test_handles(void **state) {
    static int64_t handles[5000];
    size_t count = 0;

    assert_int_equal(files_close(-1), -HAL_EBADF);
    assert_int_equal(files_close(INT64_MAX), -HAL_EBADF);
    assert_int_equal(files_info(99, &info), -HAL_EBADF);
    assert_int_equal(files_list(INT64_MIN, 0, NULL, NULL), -HAL_EBADF);
    while (count < 5000 && (handles[count] = open_read("example.sys")) >= 0)
        count++;
    assert_true(count >= 1000 && count < 5000);
    assert_int_equal(handles[count], -HAL_ENOMEM);
    while (count > 0)
        assert_int_equal(files_close(handles[--count]), 0);
    assert_int_equal(open_read("case"), 0); /* the lowest again */
    files_close(0);
}

/* No path of these pieces reaches what is outside, whatever is done with it. */
static void test_random_paths(void **state) {
    static const char *const pieces[] = {"..",   ".",       "/",   "Dir",    "updir", "escape", "case",    "\\",
                                         "root", "outside", "Sub", "inside", "//",    "a",      "Windows", " "};
    uint64_t random = 7;

    for (int round = 0; round < 20000; round++) {
        char path[256] = "";
        random = random * 6364136223846793005u + 1442695040888963407u;
        for (uint64_t r = random >> 16, n = random >> 60; n > 0; n--, r /= 16)
            strcat(path, pieces[r % 16]);
        int64_t file = files_open(path, HAL_FILE_READ | HAL_FILE_WRITE, HAL_OPEN, &info);
        if (file >= 0) {
            char host[HAL_MAX_PATH], real[4096], link[64];
            assert_int_equal(files_host_path(file, host), 0);
            snprintf(link, sizeof link, "/proc/self/fd/%d", files_descriptor(file));
            assert_non_null(realpath(link, real));
            assert_true(strncmp(real, at("root"), strlen(at("root"))) == 0);
            files_close(file);
        }
    }
    expect_text("Readme.TXT", "readme");
}

/* A share is a root of its own: nothing leads from one to the other, and the overlay is not over it. */
static void test_shares(void **state) {
    char name[HAL_MAX_PATH];
    int64_t file;

    mkdir(at("share"), 0755);
    put("share/Given", "by the host");
    (void)!symlink("../outside", at("share/escape"));
    assert_int_equal(shares_add("Public", at("share")), 0);
    assert_int_equal(shares_add("PUBLIC", at("root")), -EEXIST);
    assert_int_equal(shares_add("a/b", at("root")), -EINVAL);
    assert_int_equal(shares_add("..", at("root")), -EINVAL);
    assert_int_equal(shares_add("", at("root")), -EINVAL);
    assert_int_equal(shares_add("other", at("nothing")), -ENOENT);
    assert_int_equal(shares_add("other", at("outside")), -ENOTDIR);
    assert_int_equal(shares_count(), 1);

    expect_text("//public/given", "by the host");
    assert_int_equal(open_read("//absent/given"), -HAL_ENOENT);
    assert_int_equal(open_read("//Public/escape"), -HAL_EACCES);
    assert_int_equal(open_read("//Public/../root/case"), -HAL_EINVAL);
    assert_int_equal(open_read("//Public//given"), -HAL_EINVAL);
    assert_int_equal(open_read("//"), -HAL_ENOENT);
    assert_int_equal(open_read("//Public/example.sys"), -HAL_ENOENT);
    assert_int_equal(open_read("//Public/Windows"), -HAL_ENOENT);
    file = files_open("//Public/new", HAL_FILE_WRITE, HAL_CREATE, &info);
    assert_true(file >= 0);
    assert_int_equal(files_write(file, 0, "text", 4), 4);
    files_close(file);
    assert_int_equal(access(at("share/new"), F_OK), 0);
    assert_int_equal(files_rename("//Public/new", "//Public/renamed", 0), 0);
    assert_int_equal(files_rename("//Public/renamed", "case2", 0), -HAL_EACCES);
    assert_int_equal(files_rename("case", "//Public/case", 0), -HAL_EACCES);
    assert_int_equal(files_delete("//Public"), -HAL_EACCES);
    assert_int_equal(files_delete("//Public/renamed"), 0);
    file = open_read("//Public");
    assert_true(file >= 0);
    assert_int_equal(files_list(file, 0, name, &info), 0);
    assert_string_equal(name, "Given");
    assert_int_equal(files_list(file, 1, name, &info), -HAL_ENOENT);
    files_close(file);
}

static void test_private_root(void **state) {
    char path[HAL_MAX_PATH], name[HAL_MAX_PATH];
    int64_t file;

    files_stop();
    assert_int_equal(files_start("/nonexistent"), -HAL_ENOENT);
    assert_int_equal(files_start(NULL), 0);
    file = open_read("");
    snprintf(path, sizeof path, "%s", root_path());
    assert_int_equal(files_list(file, 0, name, &info), -HAL_ENOENT);
    files_close(file);
    files_close(files_open("d", HAL_FILE_DIRECTORY, HAL_CREATE, &info));
    files_close(files_open("d/e", HAL_FILE_DIRECTORY, HAL_CREATE, &info));
    files_close(files_open("d/e/f", HAL_FILE_WRITE, HAL_CREATE, &info));
    assert_int_equal(access(path, F_OK), 0);
    files_stop();
    assert_int_equal(access(path, F_OK), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads),          cmocka_unit_test(test_exact_case_wins),
        cmocka_unit_test(test_hostile_names),  cmocka_unit_test(test_nothing_leads_out),
        cmocka_unit_test(test_special_files),  cmocka_unit_test(test_what_is_missing),
        cmocka_unit_test(test_life_of_a_file), cmocka_unit_test(test_readonly_is_readonly_for_root_too),
        cmocka_unit_test(test_change),         cmocka_unit_test(test_overlay),
        cmocka_unit_test(test_listing),        cmocka_unit_test(test_handles),
        cmocka_unit_test(test_random_paths),   cmocka_unit_test(test_shares),
        cmocka_unit_test(test_private_root),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
