/* Journal what a process does to the files under a folder, so that a power cut can be played at any point of it.
 *
 * Preloaded into the process (ld.so(8), LD_PRELOAD). POWER_CUT_ROOT is the folder, POWER_CUT_JOURNAL the file that the
 * journal goes to; with POWER_CUT_DEAF set, fsync does what it does but the journal doesn't hear of it. Each call and
 * its record are made under one lock, so the journal's order is the order in which the kernel saw the calls.
 *
 * A record is `struct record`, then two paths and the data. Files are named by their inode: a new file announces it.
 * Calls that could change a file unseen abort the process. Memory maps are not seen: SQLite maps only its -shm file,
 * which needs not survive.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { CREATE = 1, WRITE, TRUNCATE, RENAME, LINK, UNLINK, MKDIR, RMDIR, SYNC_FILE, SYNC_FOLDER, MARK };
enum { FDS = 65536, PATH = 8192 };

struct record {
    uint32_t kind, path_bytes, to_bytes, data_bytes;
    uint64_t inode;
    int64_t offset;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *root;
static size_t root_bytes;
static int journal = -1, deaf;
static char seen[FDS];      /* 1: a file under the root */
static char *folders[FDS];  /* the path of a folder under the root */

static void die(const char *why) {
    dprintf(2, "power cut journal: %s\n", why);
    abort();
}

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("POWER_CUT_JOURNAL");
    root = getenv("POWER_CUT_ROOT");
    if (!path || !root) die("POWER_CUT_ROOT and POWER_CUT_JOURNAL must be set");
    root_bytes = strlen(root);
    deaf = getenv("POWER_CUT_DEAF") != NULL;
    journal = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (journal < 0) die("the journal can't be opened");
}

static void tell(uint32_t kind, const char *path, const char *to, const void *data, size_t bytes, ino_t inode,
                 off_t offset) {
    struct record record = {kind, path ? strlen(path) : 0, to ? strlen(to) : 0, bytes, inode, offset};
    struct iovec parts[] = {{&record, sizeof record},
                            {(void *)path, record.path_bytes},
                            {(void *)to, record.to_bytes},
                            {(void *)data, bytes}};
    ssize_t all = sizeof record + record.path_bytes + record.to_bytes + bytes;
    if (syscall(SYS_writev, journal, parts, 4) != all) die("the journal is full");
}

/* Called by the program: it knows what it promised to whom. */
void power_cut_mark(const char *text) {
    pthread_mutex_lock(&lock);
    tell(MARK, NULL, NULL, text, strlen(text), 0, 0);
    pthread_mutex_unlock(&lock);
}

/* Write the absolute path into `out`; return whether it is the root or under it. */
static int locate(int at, const char *path, char *out) {
    char base[PATH / 2] = "", link[64];
    if (path[0] != '/') {
        if (at == AT_FDCWD) strcpy(link, "/proc/self/cwd");
        else snprintf(link, sizeof link, "/proc/self/fd/%d", at);
        ssize_t bytes = readlink(link, base, sizeof base - 1);
        if (bytes < 0) return 0;
        base[bytes] = 0;
    }
    if (snprintf(out, PATH, "%s%s%s", base, base[0] ? "/" : "", path) >= PATH) return 0;
    return strncmp(out, root, root_bytes) == 0 && (out[root_bytes] == '/' || out[root_bytes] == 0);
}

static int journaled(int fd) { return fd >= 0 && fd < FDS && seen[fd]; }

static ino_t inode_of(int fd) {
    struct stat found;
    if (fstat(fd, &found)) die("fstat");
    return found.st_ino;
}

static int opened(int at, const char *path, int flags, mode_t mode) {
    char full[PATH];
    struct stat before, now;
    if (!locate(at, path, full)) return syscall(SYS_openat, at, path, flags, mode);
    pthread_mutex_lock(&lock);
    int is_new = syscall(SYS_newfstatat, at, path, &before, 0) != 0;
    int fd = syscall(SYS_openat, at, path, flags, mode);
    int error = errno;
    if (fd >= 0) {
        if (fd >= FDS || fstat(fd, &now)) die("too many open files");
        if (S_ISDIR(now.st_mode)) folders[fd] = strdup(full);
        else if (S_ISREG(now.st_mode)) {
            seen[fd] = 1;
            if (is_new) tell(CREATE, full, NULL, NULL, 0, now.st_ino, 0);
            else if (flags & O_TRUNC) tell(TRUNCATE, NULL, NULL, NULL, 0, now.st_ino, 0);
        }
    }
    pthread_mutex_unlock(&lock);
    errno = error;
    return fd;
}

#define MODE(mode, flags)                                  \
    mode_t mode = 0;                                       \
    if ((flags) & (O_CREAT | __O_TMPFILE)) {               \
        va_list arguments;                                 \
        va_start(arguments, flags);                        \
        mode = va_arg(arguments, mode_t);                  \
        va_end(arguments);                                 \
    }

int open(const char *path, int flags, ...) { MODE(mode, flags) return opened(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(mode, flags) return opened(AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { MODE(mode, flags) return opened(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE(mode, flags) return opened(at, path, flags, mode); }
int __open_2(const char *path, int flags) { return opened(AT_FDCWD, path, flags, 0); }
int __open64_2(const char *path, int flags) { return opened(AT_FDCWD, path, flags, 0); }
int creat(const char *path, mode_t mode) { return opened(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return creat(path, mode); }

int close(int fd) {
    pthread_mutex_lock(&lock);
    if (fd >= 0 && fd < FDS) {
        seen[fd] = 0;
        free(folders[fd]);
        folders[fd] = NULL;
    }
    int result = syscall(SYS_close, fd);
    pthread_mutex_unlock(&lock);
    return result;
}

static ssize_t told_write(int fd, const void *data, ssize_t written, off_t offset) {
    if (written > 0) tell(WRITE, NULL, NULL, data, written, inode_of(fd), offset);
    return written;
}

ssize_t write(int fd, const void *data, size_t bytes) {
    if (!journaled(fd)) return syscall(SYS_write, fd, data, bytes);
    pthread_mutex_lock(&lock);
    ssize_t written = syscall(SYS_write, fd, data, bytes);
    int error = errno;
    told_write(fd, data, written, lseek(fd, 0, SEEK_CUR) - written);
    pthread_mutex_unlock(&lock);
    errno = error;
    return written;
}

ssize_t pwrite64(int fd, const void *data, size_t bytes, off64_t offset) {
    if (!journaled(fd)) return syscall(SYS_pwrite64, fd, data, bytes, offset);
    pthread_mutex_lock(&lock);
    ssize_t written = told_write(fd, data, syscall(SYS_pwrite64, fd, data, bytes, offset), offset);
    pthread_mutex_unlock(&lock);
    return written;
}

ssize_t pwrite(int fd, const void *data, size_t bytes, off_t offset) { return pwrite64(fd, data, bytes, offset); }

ssize_t writev(int fd, const struct iovec *parts, int count) {
    ssize_t all = 0;
    if (!journaled(fd)) return syscall(SYS_writev, fd, parts, count);
    for (int i = 0; i < count; i++) {
        ssize_t written = write(fd, parts[i].iov_base, parts[i].iov_len);
        if (written < 0) return all ? all : written;
        all += written;
        if ((size_t)written < parts[i].iov_len) break;
    }
    return all;
}

int ftruncate64(int fd, off64_t size) {
    if (!journaled(fd)) return syscall(SYS_ftruncate, fd, size);
    pthread_mutex_lock(&lock);
    int result = syscall(SYS_ftruncate, fd, size);
    if (!result) tell(TRUNCATE, NULL, NULL, NULL, 0, inode_of(fd), size);
    pthread_mutex_unlock(&lock);
    return result;
}

int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

static int synced(int fd, long number) {
    pthread_mutex_lock(&lock);
    int result = syscall(number, fd);
    if (!result && !deaf && fd < FDS) {
        if (seen[fd]) tell(SYNC_FILE, NULL, NULL, NULL, 0, inode_of(fd), 0);
        if (folders[fd]) tell(SYNC_FOLDER, folders[fd], NULL, NULL, 0, 0, 0);
    }
    pthread_mutex_unlock(&lock);
    return result;
}

int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

static void tell_names(uint32_t kind, int at, const char *path, int to_at, const char *to) {
    char full[PATH], full_to[PATH] = "";
    int concerned = locate(at, path, full);
    if (to) concerned |= locate(to_at, to, full_to);
    if (concerned) tell(kind, full, full_to, NULL, 0, 0, 0);
}

#define NAMED(kind, at, path, to_at, to, call)                \
    pthread_mutex_lock(&lock);                                \
    int result = call;                                        \
    int error = errno;                                        \
    if (!result) tell_names(kind, at, path, to_at, to);       \
    pthread_mutex_unlock(&lock);                              \
    errno = error;                                            \
    return result;

int renameat(int at, const char *path, int to_at, const char *to) {
    NAMED(RENAME, at, path, to_at, to, syscall(SYS_renameat2, at, path, to_at, to, 0))
}
int rename(const char *path, const char *to) { return renameat(AT_FDCWD, path, AT_FDCWD, to); }
int linkat(int at, const char *path, int to_at, const char *to, int flags) {
    NAMED(LINK, at, path, to_at, to, syscall(SYS_linkat, at, path, to_at, to, flags))
}
int link(const char *path, const char *to) { return linkat(AT_FDCWD, path, AT_FDCWD, to, 0); }
int unlinkat(int at, const char *path, int flags) {
    NAMED(flags & AT_REMOVEDIR ? RMDIR : UNLINK, at, path, at, NULL, syscall(SYS_unlinkat, at, path, flags))
}
int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }
int mkdirat(int at, const char *path, mode_t mode) {
    NAMED(MKDIR, at, path, at, NULL, syscall(SYS_mkdirat, at, path, mode))
}
int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }

static long unseen(int fd, const char *name) {
    if (journaled(fd)) die(name);
    errno = ENOSYS;
    return -1;
}

ssize_t sendfile64(int to, int from, off64_t *offset, size_t bytes) { return unseen(to, "sendfile"); }
ssize_t sendfile(int to, int from, off_t *offset, size_t bytes) { return unseen(to, "sendfile"); }
ssize_t copy_file_range(int from, off64_t *at, int to, off64_t *to_at, size_t bytes, unsigned flags) {
    return unseen(to, "copy_file_range");
}
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset) { return unseen(fd, "pwritev"); }
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) { return unseen(fd, "pwritev"); }
int fallocate64(int fd, int mode, off64_t offset, off64_t bytes) { return unseen(fd, "fallocate"); }
int fallocate(int fd, int mode, off_t offset, off_t bytes) { return unseen(fd, "fallocate"); }
int posix_fallocate64(int fd, off64_t offset, off64_t bytes) { return unseen(fd, "fallocate") ? ENOSYS : 0; }
int posix_fallocate(int fd, off_t offset, off_t bytes) { return unseen(fd, "fallocate") ? ENOSYS : 0; }
int renameat2(int at, const char *path, int to_at, const char *to, unsigned flags) {
    return flags ? (int)unseen(-1, "renameat2") : renameat(at, path, to_at, to);
}
