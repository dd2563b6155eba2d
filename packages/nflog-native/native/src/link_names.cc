#include "link_names.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace packet_logs {

namespace {

// A link event has at most a few KiB.
constexpr size_t kBufferBytes = size_t{32} * 1024;
constexpr size_t kDeletedKept = 1024;

std::string NameOf(Bytes attributes) {
  AttributeCursor cursor(attributes);
  Attribute attribute;
  while (cursor.Next(&attribute)) {
    if (attribute.type != IFLA_IFNAME) continue;
    const uint8_t* begin = attribute.value.data;
    return {begin, std::find(begin, begin + attribute.value.size, uint8_t{0})};
  }
  return {};
}

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
  return {};
}

void LinkNames::Refresh() {
  bool lost = false;
  for (;;) {
    sockaddr_nl sender = {};
    socklen_t sender_size = sizeof sender;
    const ssize_t length = recvfrom(fd_.get(), buffer_.data(), buffer_.size(), 0,
                                    reinterpret_cast<sockaddr*>(&sender), &sender_size);
    if (length < 0) {
      if (errno == EINTR) continue;
      if (errno != ENOBUFS) break;
      lost = true;
    } else if (sender.nl_pid == 0) {
      Apply(Bytes{buffer_.data(), static_cast<size_t>(length)});
    }
  }
  // The kernel tells of the loss first; what is queued was before it.
  if (lost) ++epoch_;
}

void LinkNames::Apply(Bytes datagram) {
  MessageCursor cursor(datagram);
  NetlinkMessage message;
  while (cursor.Next(&message)) Apply(message);
}

void LinkNames::Apply(const NetlinkMessage& message) {
  const uint16_t type = message.header.nlmsg_type;
  if (type != RTM_NEWLINK && type != RTM_DELLINK) return;
  if (message.body.size < sizeof(ifinfomsg)) return;
  const auto header = LoadHost<ifinfomsg>(message.body.data);
  // A bridge announces its ports in its own family; a port that leaves it is "deleted" there and
  // lives on.
  if (header.ifi_family != AF_UNSPEC || header.ifi_index <= 0) return;
  constexpr size_t kAttributesAt = AlignNetlink(sizeof(ifinfomsg));
  std::string name = NameOf({message.body.data + kAttributesAt, message.body.size - kAttributesAt});
  if (name.empty()) return;
  const auto index = static_cast<uint32_t>(header.ifi_index);
  Link& link = links_[index];
  link.name = std::move(name);
  link.epoch = epoch_;
  if (type == RTM_DELLINK) {
    Delete(index, &link);
  } else {
    link.deleted = false;
  }
}

const std::string* LinkNames::Find(uint32_t index) {
  const auto [found, is_new] = links_.try_emplace(index);
  Link& link = found->second;
  if (is_new || link.epoch != epoch_) Ask(index, &link);
  return link.name.empty() ? nullptr : &link.name;
}

// An index that has no device any more keeps the name it had; one that never had a name is
// remembered as well, so that it is not asked for at each packet.
void LinkNames::Ask(uint32_t index, Link* link) {
  link->epoch = epoch_;
  ifreq request = {};
  request.ifr_ifindex = static_cast<int>(index);
  if (ioctl(fd_.get(), SIOCGIFNAME, &request) == 0) {
    link->name.assign(request.ifr_name, strnlen(request.ifr_name, sizeof request.ifr_name));
    link->deleted = false;
  } else {
    Delete(index, link);
  }
}

void LinkNames::Delete(uint32_t index, Link* link) {
  if (link->deleted) return;
  if (deleted_.size() == kDeletedKept) {
    // The oldest can be this very index, deleted before and taken again; it is not marked yet, and
    // so stays.
    const auto oldest = links_.find(deleted_.front());
    if (oldest != links_.end() && oldest->second.deleted) links_.erase(oldest);
    deleted_.pop_front();
  }
  link->deleted = true;
  deleted_.push_back(index);
}

void LinkNames::Close() {
  fd_.Close();
  links_.clear();
  deleted_.clear();
  std::vector<uint8_t>().swap(buffer_);
}

}  // namespace packet_logs
