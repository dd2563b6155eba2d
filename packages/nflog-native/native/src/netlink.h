// Bounds-checked walking of netlink datagrams: messages, and the attributes inside them.
#ifndef PACKET_LOGS_NETLINK_H_
#define PACKET_LOGS_NETLINK_H_

#include <linux/netlink.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace packet_logs {

// Bytes owned by someone else.
struct Bytes {
  const uint8_t* data = nullptr;
  size_t size = 0;
};

inline uint16_t LoadBe16(const uint8_t* at) { return static_cast<uint16_t>((at[0] << 8) | at[1]); }

inline uint32_t LoadBe32(const uint8_t* at) {
  return (static_cast<uint32_t>(LoadBe16(at)) << 16) | LoadBe16(at + 2);
}

inline uint64_t LoadBe64(const uint8_t* at) {
  return (static_cast<uint64_t>(LoadBe32(at)) << 32) | LoadBe32(at + 4);
}

inline void StoreBe16(uint8_t* at, uint16_t value) {
  at[0] = static_cast<uint8_t>(value >> 8);
  at[1] = static_cast<uint8_t>(value);
}

inline void StoreBe32(uint8_t* at, uint32_t value) {
  StoreBe16(at, static_cast<uint16_t>(value >> 16));
  StoreBe16(at + 2, static_cast<uint16_t>(value));
}

// A header in host order, from a place that need not be aligned.
template <typename T>
inline T LoadHost(const uint8_t* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

constexpr size_t AlignNetlink(size_t size) { return (size + 3) & ~static_cast<size_t>(3); }

struct NetlinkMessage {
  nlmsghdr header = {};
  Bytes body;
};

// Walks the messages of one datagram and stops at the first header that does not fit it.
class MessageCursor {
 public:
  explicit MessageCursor(Bytes datagram) : rest_(datagram) {}

  bool Next(NetlinkMessage* message) {
    if (rest_.size == 0) return false;
    if (rest_.size < sizeof(nlmsghdr)) return Fail();
    message->header = LoadHost<nlmsghdr>(rest_.data);
    const size_t length = message->header.nlmsg_len;
    if (length < sizeof(nlmsghdr) || length > rest_.size) return Fail();
    message->body = {rest_.data + sizeof(nlmsghdr), length - sizeof(nlmsghdr)};
    Skip(length);
    return true;
  }

  // True when the walk ended before the end of the datagram.
  bool malformed() const { return malformed_; }

 private:
  // The padding of the last message may be missing.
  void Skip(size_t length) {
    const size_t step = AlignNetlink(length);
    rest_ = step < rest_.size ? Bytes{rest_.data + step, rest_.size - step} : Bytes{};
  }

  bool Fail() {
    malformed_ = true;
    rest_ = {};
    return false;
  }

  Bytes rest_;
  bool malformed_ = false;
};

struct Attribute {
  uint16_t type = 0;
  Bytes value;
};

// Walks a row of attributes and stops at the first one that does not fit.
class AttributeCursor {
 public:
  explicit AttributeCursor(Bytes attributes) : rest_(attributes) {}

  bool Next(Attribute* attribute) {
    if (rest_.size == 0) return false;
    if (rest_.size < sizeof(nlattr)) return Fail();
    const auto header = LoadHost<nlattr>(rest_.data);
    if (header.nla_len < sizeof(nlattr) || header.nla_len > rest_.size) return Fail();
    // The two top bits say "nested" and "network order"; they are not part of the type.
    attribute->type = header.nla_type & static_cast<uint16_t>(NLA_TYPE_MASK);
    attribute->value = {rest_.data + sizeof(nlattr), header.nla_len - sizeof(nlattr)};
    const size_t step = AlignNetlink(header.nla_len);
    rest_ = step < rest_.size ? Bytes{rest_.data + step, rest_.size - step} : Bytes{};
    return true;
  }

  bool malformed() const { return malformed_; }

 private:
  bool Fail() {
    malformed_ = true;
    rest_ = {};
    return false;
  }

  Bytes rest_;
  bool malformed_ = false;
};

}  // namespace packet_logs

#endif  // PACKET_LOGS_NETLINK_H_
