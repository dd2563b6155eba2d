#include "nflog_message.h"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>

#include <algorithm>

namespace packet_logs {

namespace {

// Older uapi headers end before these.
constexpr uint16_t kVlan = 20;
constexpr uint16_t kL2Header = 21;
constexpr uint16_t kVlanProtocol = 1;
constexpr uint16_t kVlanTci = 2;

// Reads integer attributes, each of exactly one length, and remembers whether one had another.
class FieldReader {
 public:
  explicit FieldReader(LoggedPacket* packet) : packet_(packet) {}

  void Be16(const Attribute& attribute, PacketField field, uint16_t* into) {
    if (!Expect(attribute.value.size == sizeof *into)) return;
    *into = LoadBe16(attribute.value.data);
    packet_->fields |= field;
  }

  void Be32(const Attribute& attribute, PacketField field, uint32_t* into) {
    if (!Expect(attribute.value.size == sizeof *into)) return;
    *into = LoadBe32(attribute.value.data);
    packet_->fields |= field;
  }

  void Header(const Attribute& attribute) {
    if (!Expect(attribute.value.size == sizeof(nfulnl_msg_packet_hdr))) return;
    packet_->ether_type = LoadBe16(attribute.value.data);
    packet_->hook = attribute.value.data[2];
    packet_->fields |= kFieldHeader;
  }

  void Timestamp(const Attribute& attribute) {
    if (!Expect(attribute.value.size == sizeof(nfulnl_msg_packet_timestamp))) return;
    constexpr uint64_t kMicroseconds = 1000000;
    const uint64_t seconds = LoadBe64(attribute.value.data);
    const uint64_t microseconds = LoadBe64(attribute.value.data + sizeof seconds);
    // Beyond 2^53 µs a JavaScript number is no longer exact, and no clock says the year 2255.
    constexpr uint64_t kMaxSeconds = (uint64_t{1} << 53) / kMicroseconds - 1;
    if (!Expect(seconds <= kMaxSeconds && microseconds < kMicroseconds)) return;
    packet_->timestamp_us = seconds * kMicroseconds + microseconds;
    packet_->fields |= kFieldTimestamp;
  }

  void HwAddress(const Attribute& attribute) {
    constexpr size_t kAddressAt = 4;
    if (!Expect(attribute.value.size == sizeof(nfulnl_msg_packet_hw))) return;
    const size_t length = LoadBe16(attribute.value.data);
    if (!Expect(length <= attribute.value.size - kAddressAt)) return;
    packet_->hw_address = {attribute.value.data + kAddressAt, length};
    packet_->fields |= kFieldHwAddress;
  }

  void Vlan(const Attribute& attribute) {
    // The kernel sends the TCI first; trust no order, and want both.
    AttributeCursor cursor(attribute.value);
    Attribute nested;
    bool has_protocol = false;
    bool has_tci = false;
    while (cursor.Next(&nested)) {
      if (nested.value.size != sizeof(uint16_t)) continue;
      if (nested.type == kVlanProtocol) {
        packet_->vlan_protocol = LoadBe16(nested.value.data);
        has_protocol = true;
      } else if (nested.type == kVlanTci) {
        packet_->vlan_tci = LoadBe16(nested.value.data);
        has_tci = true;
      }
    }
    if (Expect(has_protocol && has_tci)) packet_->fields |= kFieldVlan;
  }

  // The prefix is a C string: what follows its NUL is not part of it.
  void Prefix(const Attribute& attribute) {
    const uint8_t* begin = attribute.value.data;
    const uint8_t* end = std::find(begin, begin + attribute.value.size, uint8_t{0});
    packet_->prefix = {begin, static_cast<size_t>(end - begin)};
  }

  bool complete() const { return complete_; }

 private:
  bool Expect(bool holds) {
    complete_ = complete_ && holds;
    return holds;
  }

  LoggedPacket* packet_;
  bool complete_ = true;
};

// At egress of a device the kernel copies from the link-layer header on, tag included; everywhere
// else it begins with the network header, and the tag is an attribute. Makes this case like the
// others.
void StripEgressHeader(LoggedPacket* packet) {
  constexpr uint8_t kNetdevFamily = 5;
  constexpr uint8_t kEgressHook = 1;
  if (packet->family != kNetdevFamily || packet->hook != kEgressHook) return;
  const Bytes header = packet->l2_header;
  const size_t copied = std::min(header.size, packet->payload.size);
  if (copied == 0 || std::memcmp(header.data, packet->payload.data, copied) != 0) return;
  packet->payload = {packet->payload.data + copied, packet->payload.size - copied};

  constexpr size_t kTagAt = 12;
  constexpr size_t kTaggedBytes = 18;
  if (header.size != kTaggedBytes || LoadBe16(header.data + kTagAt) != packet->ether_type) return;
  packet->vlan_protocol = packet->ether_type;
  packet->vlan_tci = LoadBe16(header.data + kTagAt + 2);
  packet->ether_type = LoadBe16(header.data + kTagAt + 4);
  packet->fields |= kFieldVlan;
}

}  // namespace

ParseResult ParsePacket(Bytes body, LoggedPacket* packet) {
  packet->Clear();
  if (body.size < sizeof(nfgenmsg)) return ParseResult::kMalformed;
  packet->family = body.data[0];
  packet->group = LoadBe16(body.data + 2);

  AttributeCursor cursor({body.data + sizeof(nfgenmsg), body.size - sizeof(nfgenmsg)});
  FieldReader reader(packet);
  Attribute attribute;
  while (cursor.Next(&attribute)) {
    switch (attribute.type) {
      case NFULA_PACKET_HDR:
        reader.Header(attribute);
        break;
      case NFULA_MARK:
        reader.Be32(attribute, kFieldMark, &packet->mark);
        break;
      case NFULA_TIMESTAMP:
        reader.Timestamp(attribute);
        break;
      case NFULA_IFINDEX_INDEV:
        reader.Be32(attribute, kFieldInIndex, &packet->in_index);
        break;
      case NFULA_IFINDEX_OUTDEV:
        reader.Be32(attribute, kFieldOutIndex, &packet->out_index);
        break;
      case NFULA_IFINDEX_PHYSINDEV:
        reader.Be32(attribute, kFieldPhysInIndex, &packet->phys_in_index);
        break;
      case NFULA_IFINDEX_PHYSOUTDEV:
        reader.Be32(attribute, kFieldPhysOutIndex, &packet->phys_out_index);
        break;
      case NFULA_HWADDR:
        reader.HwAddress(attribute);
        break;
      case NFULA_PAYLOAD:
        packet->payload = attribute.value;
        break;
      case NFULA_PREFIX:
        reader.Prefix(attribute);
        break;
      case NFULA_UID:
        reader.Be32(attribute, kFieldUid, &packet->uid);
        break;
      case NFULA_GID:
        reader.Be32(attribute, kFieldGid, &packet->gid);
        break;
      case NFULA_SEQ:
        reader.Be32(attribute, kFieldSeq, &packet->seq);
        break;
      case NFULA_SEQ_GLOBAL:
        reader.Be32(attribute, kFieldSeqGlobal, &packet->seq_global);
        break;
      case NFULA_HWTYPE:
        reader.Be16(attribute, kFieldHwType, &packet->hw_type);
        break;
      case NFULA_HWHEADER:
        packet->hw_header = attribute.value;
        packet->fields |= kFieldHwHeader;
        break;
      case NFULA_CT:
        packet->conntrack = attribute.value;
        packet->fields |= kFieldConntrack;
        break;
      case NFULA_CT_INFO:
        reader.Be32(attribute, kFieldConntrackInfo, &packet->conntrack_info);
        break;
      case kVlan:
        reader.Vlan(attribute);
        break;
      case kL2Header:
        packet->l2_header = attribute.value;
        packet->fields |= kFieldL2Header;
        break;
      default:
        break;
    }
  }
  if (cursor.malformed()) return ParseResult::kMalformed;
  StripEgressHeader(packet);
  return reader.complete() ? ParseResult::kComplete : ParseResult::kIncomplete;
}

ConfigMessage::ConfigMessage(uint16_t group, uint32_t sequence, bool acknowledge) {
  nlmsghdr header = {};
  header.nlmsg_type = (NFNL_SUBSYS_ULOG << 8) | NFULNL_MSG_CONFIG;
  header.nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | (acknowledge ? NLM_F_ACK : 0));
  header.nlmsg_seq = sequence;
  nfgenmsg general = {};
  general.version = NFNETLINK_V0;
  general.res_id = htons(group);
  size_ = sizeof header + sizeof general;
  header.nlmsg_len = static_cast<uint32_t>(size_);
  std::memcpy(buffer_.data(), &header, sizeof header);
  std::memcpy(buffer_.data() + sizeof header, &general, sizeof general);
}

void ConfigMessage::SetType(uint8_t type) {
  const auto whole = static_cast<uint16_t>((NFNL_SUBSYS_ULOG << 8) | type);
  std::memcpy(buffer_.data() + offsetof(nlmsghdr, nlmsg_type), &whole, sizeof whole);
}

void ConfigMessage::Command(uint8_t command) {
  const nfulnl_msg_config_cmd value = {command};
  Append(NFULA_CFG_CMD, &value, sizeof value);
}

void ConfigMessage::Configure(const GroupConfig& config) {
  nfulnl_msg_config_mode mode = {};
  mode.copy_range = htonl(config.copy_range);
  mode.copy_mode = config.copy_mode;
  Append(NFULA_CFG_MODE, &mode, sizeof mode);
  const uint32_t netlink_buffer = htonl(config.netlink_buffer_bytes);
  Append(NFULA_CFG_NLBUFSIZ, &netlink_buffer, sizeof netlink_buffer);
  const uint32_t timeout = htonl(config.flush_centiseconds);
  Append(NFULA_CFG_TIMEOUT, &timeout, sizeof timeout);
  const uint32_t threshold = htonl(config.queue_threshold);
  Append(NFULA_CFG_QTHRESH, &threshold, sizeof threshold);
  Flags(config.flags);
}

void ConfigMessage::Flags(uint16_t flags) {
  const uint16_t value = htons(flags);
  Append(NFULA_CFG_FLAGS, &value, sizeof value);
}

// Six attributes of at most twelve bytes each and the headers fit the buffer: 20 + 8 + 12 + 4 * 8
// = 72.
void ConfigMessage::Append(uint16_t type, const void* value, size_t size) {
  nlattr attribute = {};
  attribute.nla_type = type;
  attribute.nla_len = static_cast<uint16_t>(sizeof attribute + size);
  std::memcpy(buffer_.data() + size_, &attribute, sizeof attribute);
  std::memcpy(buffer_.data() + size_ + sizeof attribute, value, size);
  size_ += AlignNetlink(attribute.nla_len);
  const auto total = static_cast<uint32_t>(size_);
  std::memcpy(buffer_.data(), &total, sizeof total);
}

}  // namespace packet_logs
