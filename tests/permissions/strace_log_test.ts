import assert from "@std/assert";
import { touchedInStrace } from "./strace_log.ts";

const LINES: [line: string, touched: string[]][] = [
  ['7 execve("/bin/deno", ["/bin/deno", "run"], 0x7ffd /* 5 vars */) = 0', ["execute /bin/deno"]],
  ['7 openat(AT_FDCWD</srv>, "/etc/hosts", O_RDONLY|O_CLOEXEC) = 5</etc/hosts>', ["read /etc/hosts"]],
  ['7 openat(AT_FDCWD</srv>, "data/key", O_WRONLY|O_CREAT, 0600 <unfinished ...>', ["write /srv/data/key"]],
  ['7 statx(AT_FDCWD</srv>, "a", AT_STATX_SYNC_AS_STAT, STATX_ALL, 0x7f) = -1 ENOENT (No such file)', ["read /srv/a"]],
  ['7 stat("/lib/libc.so.6", {st_mode=S_IFREG|0644, st_size=1, ...}) = 0', ["read /lib/libc.so.6"]],
  ['7 unlinkat(9</data>, "old", 0) = 0', ["write /data/old"]],
  ['7 rename("/data/a.tmp", "/data/a") = 0', ["write /data/a", "write /data/a.tmp"]],
  ['7 readlink("/proc/self/exe", "/bin/deno", 4096) = 9', ["read /proc/self/exe"]],
  ['7 statx(5</etc/hosts>, "", AT_STATX_SYNC_AS_STAT|AT_EMPTY_PATH, STATX_ALL, {stx_mask=1}) = 0', []],
  ['7 bind(9<TCP:[1]>, {sa_family=AF_INET, sin_port=htons(5000), sin_addr=inet_addr("127.0.0.2")}, 16) = 0', [
    "bind 127.0.0.2:5000",
  ]],
  [
    '7 connect(9<TCPv6:[1]>, {sa_family=AF_INET6, sin6_port=htons(53), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "::1", &sin6_addr), sin6_scope_id=0}, 28) = 0',
    ["connect [::1]:53"],
  ],
  ['7 connect(9<UNIX:[1]>, {sa_family=AF_UNIX, sun_path="/run/a.sock"}, 110) = 0', ["connect unix:/run/a.sock"]],
  ['7 sendto(9<UDP:[1]>, "q", 1, 0, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("1.1.1.1")}, 16) = 1', [
    "connect 1.1.1.1:53",
  ]],
  ['7 sendto(9<TCP:[1]>, "GET /id HTTP/1.1", 16, MSG_NOSIGNAL, NULL, 0) = 16', []],
  ['7 accept4(9<TCP:[1]>, {sa_family=AF_INET, sin_port=htons(1), sin_addr=inet_addr("9.9.9.9")}, [16], 0) = 5', []],
  ["7 socket(AF_NETLINK, SOCK_RAW|SOCK_CLOEXEC, NETLINK_ROUTE) = 9", ["socket AF_NETLINK"]],
  ["7 socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_TCP) = 9", []],
  ["7 <... openat resumed>) = 5", []],
  ["7 +++ exited with 0 +++", []],
];

Deno.test("touchedInStrace() reads each kind of line", () => {
  for (const [line, touched] of LINES) assert.deepEqual(touchedInStrace(line, "/srv"), touched, line);
});
