#include "link_names.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace packet_logs {

namespace {

constexpr size_t kBufferBytes = size_t{64} * 1024;
constexpr size_t kDeletedKept = 1024;
constexpr int kDumpTimeoutMs = 1000;

}  // namespace

Failure LinkNames::Open() {
  fd_ = FileDescriptor(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
  if (fd_.get() < 0) return {errno, "socket(NETLINK_ROUTE)"};
  sockaddr_nl address = {};
  address.nl_family = AF_NETLINK;
  address.nl_groups = RTMGRP_LINK;
  if (bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return {errno, "bind(NETLINK_ROUTE)"};
  }
  buffer_.resize(kBufferBytes);
  // Subscribed before the dump: a link that changes during it is told twice rather than never.
  return ReadAll();
}

Failure LinkNames::RequestDump() {
  struct {
    nlmsghdr header;
    ifinfomsg link;
    nlattr attribute;
    uint32_t filter;
  } request = {};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_GETLINK;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.link.ifi_family = AF_UNSPEC;
  request.attribute.nla_len = sizeof request.attribute + sizeof request.filter;
  request.attribute.nla_type = IFLA_EXT_MASK;
  request.filter = RTEXT_FILTER_SKIP_STATS;
  sockaddr_nl kernel = {};
  kernel.nl_family = AF_NETLINK;
  if (sendto(fd_.get(), &request, sizeof request, 0, reinterpret_cast<const sockaddr*>(&kernel),
             sizeof kernel) < 0) {
    return {errno, "send(RTM_GETLINK)"};
  }
  dumping_ = true;
  stale_ = false;
  return {};
}

void LinkNames::Refresh() {
  // A failure leaves the names that are known; the next refresh tries again.
  ReadAll();
}

Failure LinkNames::ReadAll() {
  for (;;) {
    sockaddr_nl sender = {};
    socklen_t sender_size = sizeof sender;
    const ssize_t length = recvfrom(fd_.get(), buffer_.data(), buffer_.size(), 0,
                                    reinterpret_cast<sockaddr*>(&sender), &sender_size);
    if (length < 0) {
      if (errno == EINTR) continue;
      if (errno == ENOBUFS) {
        stale_ = true;
        continue;
      }
      if (errno != EAGAIN) return {errno, "recv(RTM_GETLINK)"};
      if (!dumping_) {
        if (!stale_) return {};
        // Not sooner, because the kernel refuses a second dump while one is under way.
        if (const Failure failure = RequestDump()) return failure;
        continue;
      }
      // The kernel makes the next part of a dump while we read the one before; waiting is the rare
      // case.
      pollfd readable = {fd_.get(), POLLIN, 0};
      if (poll(&readable, 1, kDumpTimeoutMs) == 0) {
        dumping_ = false;
        stale_ = true;
        return {ETIMEDOUT, "recv(RTM_GETLINK)"};
      }
      continue;
    }
    if (sender.nl_pid != 0) continue;
    MessageCursor cursor({buffer_.data(), static_cast<size_t>(length)});
    NetlinkMessage message;
    while (cursor.Next(&message)) Apply(message);
  }
}

void LinkNames::Apply(const NetlinkMessage& message) {
  const uint16_t type = message.header.nlmsg_type;
  if (type == NLMSG_DONE || type == NLMSG_ERROR) {
    dumping_ = false;
    return;
  }
  if (type != RTM_NEWLINK && type != RTM_DELLINK) return;
  if (message.body.size < sizeof(ifinfomsg)) return;
  const auto link = LoadHost<ifinfomsg>(message.body.data);
  // A bridge announces its ports in its own family; a port that leaves it is "deleted" there and
  // lives on.
  if (link.ifi_family != AF_UNSPEC || link.ifi_index <= 0) return;
  const auto index = static_cast<uint32_t>(link.ifi_index);
  if (type == RTM_DELLINK) {
    Delete(index);
    return;
  }
  constexpr size_t kAttributesAt = AlignNetlink(sizeof(ifinfomsg));
  AttributeCursor cursor({message.body.data + kAttributesAt, message.body.size - kAttributesAt});
  Attribute attribute;
  while (cursor.Next(&attribute)) {
    if (attribute.type != IFLA_IFNAME) continue;
    const uint8_t* begin = attribute.value.data;
    const uint8_t* end = std::find(begin, begin + attribute.value.size, uint8_t{0});
    links_[index] = {std::string(begin, end), false};
    return;
  }
}

void LinkNames::Delete(uint32_t index) {
  const auto found = links_.find(index);
  if (found == links_.end() || found->second.deleted) return;
  found->second.deleted = true;
  deleted_.push_back(index);
  if (deleted_.size() <= kDeletedKept) return;
  const auto oldest = links_.find(deleted_.front());
  if (oldest != links_.end() && oldest->second.deleted) links_.erase(oldest);
  deleted_.pop_front();
}

const std::string* LinkNames::Find(uint32_t index) const {
  const auto found = links_.find(index);
  return found == links_.end() ? nullptr : &found->second.name;
}

void LinkNames::Close() {
  fd_.Close();
  links_.clear();
  deleted_.clear();
  std::vector<uint8_t>().swap(buffer_);
}

}  // namespace packet_logs
