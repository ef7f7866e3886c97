/* Sockets: addresses, options, messages with control data. */
#include "record.h"
#include <arpa/inet.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <poll.h>

int main(int argc, char **argv)
{
	if (argc < 2) return 1;
	begin(argv[1]);
	fresh();
	int tcp = C3(socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_IP);
	int udp = C3(socket, AF_INET, SOCK_DGRAM, IPPROTO_UDP);
	int tcp6 = C3(socket, AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_TCP);
	C3(socket, AF_UNIX, SOCK_STREAM, 0);
	C3(socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	C3(socket, AF_INET, SOCK_DGRAM, 99);
	C3(socket, 99, 77, 5);
	C3(socket, AF_PACKET, SOCK_RAW, htons(3));
	int *pair = room(8);
	C4(socketpair, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
	int left = pair[0], right = pair[1];
	C4(socketpair, AF_INET, SOCK_STREAM, 0, BAD);

	int *one = STRUCT(int, { 1 }), *len = STRUCT(int, { 4 });
	C5(setsockopt, tcp, SOL_SOCKET, SO_REUSEADDR, one, 4);
	C5(setsockopt, tcp, SOL_SOCKET, SO_KEEPALIVE, one, 4);
	C5(setsockopt, tcp, SOL_SOCKET, SO_BROADCAST, BAD, 4);
	C5(setsockopt, tcp, SOL_SOCKET, SO_LINGER, STRUCT(struct linger, { 1, 5 }), 8);
	C5(setsockopt, tcp, SOL_SOCKET, SO_RCVTIMEO, STRUCT(struct timeval, { 1, 5 }), 16);
	C5(setsockopt, tcp, SOL_SOCKET, SO_BINDTODEVICE, text("lo"), 2);
	C5(setsockopt, tcp, SOL_TCP, TCP_NODELAY, one, 4);
	C5(setsockopt, tcp, SOL_TCP, TCP_KEEPINTVL, STRUCT(int, { 15 }), 4);
	C5(setsockopt, tcp, SOL_TCP, TCP_CONGESTION, text("reno"), 4);
	C5(setsockopt, tcp6, SOL_IPV6, IPV6_V6ONLY, one, 4);
	C5(setsockopt, udp, SOL_IP, IP_TTL, STRUCT(int, { 64 }), 4);
	C5(setsockopt, udp, SOL_IP, IP_ADD_MEMBERSHIP, STRUCT(struct ip_mreq, { { htonl(0xe0000001) }, { htonl(0x7f000001) } }), 8);
	C5(setsockopt, tcp, 999, 5, one, 4);
	C5(setsockopt, tcp, SOL_SOCKET, 999, one, 4);
	C5(setsockopt, tcp, SOL_SOCKET, SO_REUSEADDR, one, 2);
	C5(setsockopt, tcp, SOL_SOCKET, SO_REUSEADDR, one, 8);
	int *value = room(256);
	C5(getsockopt, tcp, SOL_SOCKET, SO_TYPE, value, len);
	C5(getsockopt, tcp, SOL_SOCKET, SO_ERROR, value, len);
	C5(getsockopt, tcp, SOL_SOCKET, SO_RCVBUF, value, len);
	C5(getsockopt, tcp, SOL_SOCKET, SO_PROTOCOL, value, len);
	C5(getsockopt, tcp, SOL_SOCKET, SO_DOMAIN, value, len);
	C5(getsockopt, tcp, SOL_SOCKET, SO_ACCEPTCONN, value, len);
	C5(getsockopt, tcp, SOL_TCP, TCP_NODELAY, value, len);
	*len = 100;
	C5(getsockopt, tcp, SOL_SOCKET, SO_LINGER, value, len);
	*len = 100;
	C5(getsockopt, tcp, SOL_SOCKET, SO_RCVTIMEO, value, len);
	*len = 100;
	C5(getsockopt, left, SOL_SOCKET, SO_PEERCRED, value, len);
	*len = 200;
	C5(getsockopt, tcp, SOL_TCP, TCP_INFO, value, len);
	*len = 16;
	C5(getsockopt, tcp, SOL_TCP, TCP_CONGESTION, value, len);
	*len = 4;
	C5(getsockopt, tcp, SOL_SOCKET, 999, value, len);
	C5(getsockopt, 99, SOL_SOCKET, SO_TYPE, value, len);
	C5(getsockopt, tcp, SOL_SOCKET, SO_TYPE, BAD, len);
	C5(getsockopt, tcp, SOL_SOCKET, SO_TYPE, value, BAD);

	fresh();
	struct sockaddr_in *in = STRUCT(struct sockaddr_in, { AF_INET, 0, { htonl(0x7f000001) } });
	struct sockaddr_storage *ss = room(128);
	len = STRUCT(int, { 128 });
	C3(bind, tcp, in, 16);
	C3(bind, tcp, in, 8);
	C3(bind, tcp, in, 1);
	C3(bind, 99, BAD, 16);
	C2(listen, tcp, 128);
	C3(getsockname, tcp, ss, len);
	in->sin_port = ((struct sockaddr_in *)ss)->sin_port;
	*len = 8;
	C3(getsockname, tcp, ss, len);
	*len = 128;
	C3(getpeername, tcp, ss, len);
	C3(getsockname, tcp, ss, 0);
	int client = socket(AF_INET, SOCK_STREAM, 0);
	C3(connect, client, in, 16);
	*len = 128;
	int conn = C4(accept4, tcp, ss, len, SOCK_CLOEXEC | SOCK_NONBLOCK);
	C4(accept4, 99, ss, len, 0x10);
	C3(accept, conn, ss, len);
	C4(accept4, tcp6, 0, 0, SOCK_CLOEXEC);
	struct sockaddr_in6 *in6 = STRUCT(struct sockaddr_in6, { AF_INET6, htons(80), htonl(7), IN6ADDR_LOOPBACK_INIT, 3 });
	C3(connect, tcp6, in6, 28);
	inet_pton(AF_INET6, "2001:db8:0:0:1:0:0:1", &in6->sin6_addr);
	C3(connect, tcp6, in6, 28);
	inet_pton(AF_INET6, "::ffff:1.2.3.4", &in6->sin6_addr);
	C3(connect, tcp6, in6, 24);
	inet_pton(AF_INET6, "::1.2.3.4", &in6->sin6_addr);
	C3(connect, tcp6, in6, 28);
	struct sockaddr_un *un = STRUCT(struct sockaddr_un, { AF_UNIX, "/nonexistent/socket" });
	int us = socket(AF_UNIX, SOCK_STREAM, 0);
	C3(connect, us, un, 110);
	C3(connect, us, un, 22);
	C3(connect, us, un, 2);
	memcpy(un->sun_path, "\0ring3-abstract", 15);
	memset(un->sun_path + 15, 0, 90);
	C3(connect, us, un, 17);
	C3(bind, us, un, 17);
	C3(getsockname, us, ss, STRUCT(int, { 128 }));
	struct sockaddr_nl *nl = STRUCT(struct sockaddr_nl, { AF_NETLINK, 0, 0, 0 });
	int ns = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	C3(bind, ns, nl, 12);
	C3(getsockname, ns, ss, STRUCT(int, { 128 }));
	C3(connect, udp, STRUCT(struct sockaddr, { AF_UNSPEC }), 16);

	fresh();
	C6(sendto, conn, text("hello"), 5, MSG_NOSIGNAL, 0, 0);
	C6(recvfrom, client, room(64), 64, 0, 0, 0);
	C6(recvfrom, client, room(64), 64, MSG_DONTWAIT | MSG_PEEK | MSG_TRUNC, 0, 0);
	int u2 = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in *any = STRUCT(struct sockaddr_in, { AF_INET, 0, { htonl(0x7f000001) } });
	bind(u2, (void *)any, 16);
	socklen_t n = 16;
	getsockname(u2, (void *)any, &n);
	C6(sendto, udp, text("datagram"), 8, 0, any, 16);
	C6(recvfrom, u2, room(64), 64, 0, room(128), STRUCT(int, { 128 }));
	C6(recvfrom, u2, room(64), 64, MSG_DONTWAIT, room(128), STRUCT(int, { 128 }));
	C6(sendto, 99, BAD, 8, 0x10000000, any, 16);
	fresh();
	struct iovec *iov = STRUCT(struct iovec, { text("message"), 7 });
	struct msghdr *msg = STRUCT(struct msghdr, { 0, 0, iov, 1, 0, 0, 0 });
	C3(sendmsg, left, msg, MSG_DONTWAIT);
	struct { struct cmsghdr h; int fds[2]; } *rights = room(32);
	rights->h.cmsg_len = 24; rights->h.cmsg_level = SOL_SOCKET; rights->h.cmsg_type = SCM_RIGHTS; rights->fds[0] = 0; rights->fds[1] = 1;
	msg->msg_control = rights; msg->msg_controllen = 24;
	C3(sendmsg, left, msg, 0);
	struct { struct cmsghdr h; struct ucred u; } *cred = room(32);
	cred->h.cmsg_len = 28; cred->h.cmsg_level = SOL_SOCKET; cred->h.cmsg_type = SCM_CREDENTIALS; cred->u.pid = getpid(); cred->u.uid = 0; cred->u.gid = 0;
	msg->msg_control = cred; msg->msg_controllen = 32;
	C3(sendmsg, left, msg, 0);
	C3(sendmsg, 99, BAD, 0);
	struct iovec *riov = STRUCT(struct iovec, { room(64), 64 });
	void *name = room(128), *control = room(128);
	struct msghdr *rmsg = STRUCT(struct msghdr, { name, 128, riov, 1, control, 128, 0 });
	C3(recvmsg, right, rmsg, 0);
	rmsg->msg_namelen = 128; rmsg->msg_controllen = 128;
	C3(recvmsg, right, rmsg, 0);
	C3(recvmsg, right, rmsg, MSG_DONTWAIT);
	C6(sendto, udp, text("to msg"), 6, 0, put(&(struct sockaddr_in){ AF_INET, any->sin_port }, 16), 16);
	struct msghdr *bare = STRUCT(struct msghdr, { 0, 0, riov, 1, 0, 0, 0 });
	C3(recvmsg, right, bare, MSG_DONTWAIT);
	fresh();
	struct mmsghdr *mm = room(128);
	iov = STRUCT(struct iovec, { text("one"), 3 });
	mm[0].msg_hdr.msg_iov = iov; mm[0].msg_hdr.msg_iovlen = 1;
	mm[1].msg_hdr.msg_iov = STRUCT(struct iovec, { text("second"), 6 }); mm[1].msg_hdr.msg_iovlen = 1;
	setsockopt(right, SOL_SOCKET, SO_PASSCRED, &(int){ 1 }, 4);
	C4(sendmmsg, left, mm, 2, 0);
	fresh();
	mm = room(128);
	mm[0].msg_hdr.msg_iov = STRUCT(struct iovec, { room(16), 16 }); mm[0].msg_hdr.msg_iovlen = 1;
	mm[1].msg_hdr.msg_iov = STRUCT(struct iovec, { room(16), 16 }); mm[1].msg_hdr.msg_iovlen = 1;
	C5(recvmmsg, right, mm, 2, MSG_DONTWAIT, 0);
	C5(recvmmsg, right, mm, 2, MSG_DONTWAIT, STRUCT(struct timespec, { 0, 1000 }));
	C2(shutdown, conn, SHUT_WR);
	C2(shutdown, conn, SHUT_RDWR);
	C2(shutdown, 99, 7);
	end();
}
