// Used by scripts/wire/capture for requests that neither `ip` nor `bridge` sends, and for replies with NETLINK_CAP_ACK, which
// neither program asks for.
#include <linux/if_bridge.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static struct {
	struct nlmsghdr header;
	union {
		struct br_vlan_msg vlan;
		struct ifinfomsg link;
		struct ifaddrmsg address;
	};
} request = { .header = { .nlmsg_seq = 1, .nlmsg_flags = NLM_F_REQUEST } };

static void finish(int type, int flags, size_t size)
{
	request.header.nlmsg_type = type;
	request.header.nlmsg_flags |= flags;
	request.header.nlmsg_len = NLMSG_LENGTH(size);
}

/* ask-kernel vlans|link|addresses NAME|IFINDEX [IFI_FLAGS] */
int main(int argc, char **argv)
{
	static char reply[65536];
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), on = 1, ifindex;

	if (argc < 3 || fd < 0)
		return 2;
	ifindex = if_nametoindex(argv[2]);
	if (ifindex == 0)
		ifindex = atoi(argv[2]);
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	if (strcmp(argv[1], "vlans") == 0) {
		request.vlan = (struct br_vlan_msg){ .family = AF_BRIDGE, .ifindex = ifindex };
		finish(RTM_GETVLAN, NLM_F_DUMP, sizeof(request.vlan));
	} else if (strcmp(argv[1], "link") == 0) {
		request.link = (struct ifinfomsg){ .ifi_index = ifindex, .ifi_flags = argc > 3 ? atoi(argv[3]) : 0 };
		finish(RTM_GETLINK, NLM_F_ACK, sizeof(request.link));
	} else {
		request.address = (struct ifaddrmsg){ .ifa_index = ifindex };
		finish(RTM_GETADDR, NLM_F_DUMP, sizeof(request.address));
	}
	if (sendto(fd, &request, request.header.nlmsg_len, 0, NULL, 0) < 0)
		return 3;
	for (;;) {
		struct iovec part = { .iov_base = reply, .iov_len = sizeof(reply) };
		struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
		int rest = recvmsg(fd, &message, 0);
		struct nlmsghdr *item = (struct nlmsghdr *)reply;

		if (rest < 0)
			return 4;
		for (; NLMSG_OK(item, rest); item = NLMSG_NEXT(item, rest))
			if (item->nlmsg_type == NLMSG_ERROR || item->nlmsg_type == NLMSG_DONE)
				return 0;
	}
}
