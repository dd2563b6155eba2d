// Tests of the parts that know neither Node nor sockets. Built with sanitizers and run by
// test/native.test.ts.
#include <linux/if_link.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "../src/conntrack.h"
#include "../src/link_names.h"
#include "../src/nflog_message.h"
#include "../src/packet_batch.h"
#include "../src/string_table.h"

namespace packet_logs {
namespace {

int failures = 0;

void Expect(bool holds, const char* what, int line) {
  if (holds) return;
  ++failures;
  std::fprintf(stderr, "line %d: expected %s\n", line, what);
}

#define EXPECT(condition) Expect((condition), #condition, __LINE__)

using Buffer = std::vector<uint8_t>;

Bytes View(const Buffer& buffer) { return {buffer.data(), buffer.size()}; }

Buffer Text(const char* text, size_t size) {
  return {reinterpret_cast<const uint8_t*>(text), reinterpret_cast<const uint8_t*>(text) + size};
}

void AppendAttribute(Buffer* to, uint16_t type, const Buffer& value) {
  const auto length = static_cast<uint16_t>(sizeof(nlattr) + value.size());
  const nlattr header = {length, type};
  const auto* bytes = reinterpret_cast<const uint8_t*>(&header);
  to->insert(to->end(), bytes, bytes + sizeof header);
  to->insert(to->end(), value.begin(), value.end());
  to->resize(AlignNetlink(to->size()));
}

Buffer Nested(std::initializer_list<std::pair<uint16_t, Buffer>> attributes) {
  Buffer nested;
  for (const auto& [type, value] : attributes) AppendAttribute(&nested, type, value);
  return nested;
}

// The body of a PACKET message of group 0x0102, family 7.
Buffer Body(std::initializer_list<std::pair<uint16_t, Buffer>> attributes) {
  Buffer body = {7, 0, 1, 2};
  const Buffer rest = Nested(attributes);
  body.insert(body.end(), rest.begin(), rest.end());
  return body;
}

Buffer FullBody() {
  return Body({
      {NFULA_PACKET_HDR, {0x08, 0x00, 2, 0}},
      {NFULA_PREFIX, Text("lan:in \0", 8)},
      {NFULA_MARK, {0, 0, 0, 9}},
      {NFULA_TIMESTAMP, {0, 0, 0, 0, 0x65, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5}},
      {NFULA_IFINDEX_INDEV, {0, 0, 0, 1}},
      {NFULA_IFINDEX_OUTDEV, {0, 0, 0, 2}},
      {NFULA_IFINDEX_PHYSINDEV, {0, 0, 0, 3}},
      {NFULA_IFINDEX_PHYSOUTDEV, {0, 0, 0, 4}},
      {NFULA_HWADDR, {0, 6, 0, 0, 1, 2, 3, 4, 5, 6, 0, 0}},
      {NFULA_UID, {0, 0, 3, 0xe8}},
      {NFULA_GID, {0, 0, 0, 100}},
      {NFULA_SEQ, {0xff, 0xff, 0xff, 0xff}},
      {NFULA_SEQ_GLOBAL, {0, 0, 1, 0}},
      {NFULA_HWTYPE, {0, 1}},
      {NFULA_HWLEN, {0, 14}},
      {NFULA_HWHEADER, {6, 5, 4, 3, 2, 1, 1, 2, 3, 4, 5, 6, 8, 0}},
      {20 | NLA_F_NESTED, Nested({{2, {0x60, 0x07}}, {1, {0x81, 0x00}}})},
      {21, {9, 9, 9}},
      {999, {1, 2, 3}},
      {NFULA_PAYLOAD, {0x45, 0, 0, 1, 2}},
  });
}

void ParsesEveryAttribute() {
  const Buffer body = FullBody();
  LoggedPacket packet;
  EXPECT(ParsePacket(View(body), &packet) == ParseResult::kComplete);
  EXPECT(packet.fields == (kFieldL2Header << 1) - 1);
  EXPECT(packet.group == 0x0102);
  EXPECT(packet.family == 7);
  EXPECT(packet.ether_type == 0x0800 && packet.hook == 2);
  EXPECT(std::string(packet.prefix.data, packet.prefix.data + packet.prefix.size) == "lan:in ");
  EXPECT(packet.mark == 9);
  EXPECT(packet.timestamp_us == uint64_t{0x65000000} * 1000000 + 5);
  EXPECT(packet.in_index == 1 && packet.out_index == 2);
  EXPECT(packet.phys_in_index == 3 && packet.phys_out_index == 4);
  EXPECT(packet.hw_address.size == 6 && packet.hw_address.data[5] == 6);
  EXPECT(packet.uid == 1000 && packet.gid == 100);
  EXPECT(packet.seq == UINT32_MAX && packet.seq_global == 256);
  EXPECT(packet.hw_type == 1);
  EXPECT(packet.hw_header.size == 14 && packet.hw_header.data[0] == 6);
  EXPECT(packet.vlan_protocol == 0x8100 && packet.vlan_tci == 0x6007);
  EXPECT(packet.l2_header.size == 3);
  EXPECT(packet.payload.size == 5 && packet.payload.data[4] == 2);
}

// Attributes of one legal length: every other one leaves the field out and nothing else.
void LeavesOutAttributesOfAnotherLength() {
  const struct {
    size_t size;
    uint32_t field;
    uint16_t type;
  } fixed[] = {
      {4, kFieldHeader, NFULA_PACKET_HDR},
      {4, kFieldMark, NFULA_MARK},
      {16, kFieldTimestamp, NFULA_TIMESTAMP},
      {4, kFieldInIndex, NFULA_IFINDEX_INDEV},
      {4, kFieldOutIndex, NFULA_IFINDEX_OUTDEV},
      {4, kFieldPhysInIndex, NFULA_IFINDEX_PHYSINDEV},
      {12, kFieldHwAddress, NFULA_HWADDR},
      {4, kFieldPhysOutIndex, NFULA_IFINDEX_PHYSOUTDEV},
      {4, kFieldUid, NFULA_UID},
      {4, kFieldGid, NFULA_GID},
      {4, kFieldSeq, NFULA_SEQ},
      {4, kFieldSeqGlobal, NFULA_SEQ_GLOBAL},
      {2, kFieldHwType, NFULA_HWTYPE},
  };
  for (const auto& attribute : fixed) {
    for (size_t size = 0; size < 24; ++size) {
      const Buffer body = Body({{attribute.type, Buffer(size)}, {NFULA_PAYLOAD, {1}}});
      LoggedPacket packet;
      const bool fits = size == attribute.size;
      EXPECT(ParsePacket(View(body), &packet) ==
             (fits ? ParseResult::kComplete : ParseResult::kIncomplete));
      EXPECT(packet.fields == (fits ? attribute.field : 0));
      EXPECT(packet.payload.size == 1);
    }
  }
}

void RefusesValuesThatCannotBe() {
  LoggedPacket packet;
  const Buffer long_address = Body({{NFULA_HWADDR, {0, 9, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8}}});
  EXPECT(ParsePacket(View(long_address), &packet) == ParseResult::kIncomplete);
  EXPECT(packet.fields == 0);
  const Buffer far_future = Body({{NFULA_TIMESTAMP, Buffer(16, 0xff)}});
  EXPECT(ParsePacket(View(far_future), &packet) == ParseResult::kIncomplete);
  const Buffer half_a_tag = Body({{20, Nested({{2, {0, 7}}})}});
  EXPECT(ParsePacket(View(half_a_tag), &packet) == ParseResult::kIncomplete);
  const Buffer empty_prefix = Body({{NFULA_PREFIX, {}}});
  EXPECT(ParsePacket(View(empty_prefix), &packet) == ParseResult::kComplete);
  EXPECT(packet.prefix.size == 0);
}

// As the kernel sends it: the copy begins with the link-layer header at egress, and nowhere else.
void BeginsWithTheNetworkHeaderAtEgress() {
  const Buffer tagged = {1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 7, 0x81, 0, 0x60, 7, 8, 0};
  Buffer frame = tagged;
  frame.insert(frame.end(), {0x45, 0, 0, 20});
  Buffer body = Body({{NFULA_PACKET_HDR, {0x81, 0, 1, 0}}, {21, tagged}, {NFULA_PAYLOAD, frame}});
  body[0] = 5;
  LoggedPacket packet;
  EXPECT(ParsePacket(View(body), &packet) == ParseResult::kComplete);
  EXPECT(packet.payload.size == 4 && packet.payload.data[0] == 0x45);
  EXPECT(packet.ether_type == 0x0800 && packet.l2_header.size == 18);
  EXPECT((packet.fields & kFieldVlan) != 0);
  EXPECT(packet.vlan_protocol == 0x8100 && packet.vlan_tci == 0x6007);
  body[0] = 7;
  EXPECT(ParsePacket(View(body), &packet) == ParseResult::kComplete);
  EXPECT(packet.payload.size == frame.size() && packet.ether_type == 0x8100);
  Buffer cut = Body({{NFULA_PACKET_HDR, {8, 0, 1, 0}}, {21, tagged}, {NFULA_PAYLOAD, {1, 2, 3}}});
  cut[0] = 5;
  EXPECT(ParsePacket(View(cut), &packet) == ParseResult::kComplete);
  EXPECT(packet.payload.size == 0);
}

bool Inside(Bytes part, const uint8_t* data, size_t size) {
  return part.size == 0 || (part.data >= data && part.data + part.size <= data + size);
}

// The bytes are a heap block of exactly their size, so that the sanitizer sees any step beyond.
void ParseAnything(const Buffer& input) {
  const std::unique_ptr<uint8_t[]> exact(new uint8_t[input.size()]);
  std::copy(input.begin(), input.end(), exact.get());
  MessageCursor messages({exact.get(), input.size()});
  NetlinkMessage message;
  StringTable strings;
  PacketBatch batch;
  while (messages.Next(&message)) {
    LoggedPacket packet;
    if (ParsePacket(message.body, &packet) == ParseResult::kMalformed) continue;
    for (const Bytes& part : {packet.prefix, packet.payload, packet.hw_header, packet.hw_address,
                              packet.l2_header, packet.conntrack}) {
      EXPECT(Inside(part, exact.get(), input.size()));
    }
    batch.Append(packet, 1, &strings);
  }
  Buffer out(batch.byte_size());
  if (batch.count() != 0) batch.CopyTo(out.data());
  // What is kept is never more than the input and two records per message.
  EXPECT(out.size() <=
         input.size() + batch.count() * (kRecordWords * sizeof(uint32_t) + kConntrackBytes));
}

Buffer Datagram(int messages) {
  Buffer datagram;
  const Buffer body = FullBody();
  for (int i = 0; i < messages; ++i) {
    nlmsghdr header = {};
    header.nlmsg_len = static_cast<uint32_t>(sizeof header + body.size());
    header.nlmsg_type = NFNL_SUBSYS_ULOG << 8;
    const auto* bytes = reinterpret_cast<const uint8_t*>(&header);
    datagram.insert(datagram.end(), bytes, bytes + sizeof header);
    datagram.insert(datagram.end(), body.begin(), body.end());
  }
  return datagram;
}

// The same numbers in every run, so that a failure can be repeated.
class Random {
 public:
  uint32_t operator()() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 17;
    state_ ^= state_ << 5;
    return state_;
  }

 private:
  uint32_t state_ = 20;
};

void StaysInsideWhateverArrives() {
  const Buffer datagram = Datagram(2);
  for (size_t size = 0; size <= datagram.size(); ++size) {
    ParseAnything({datagram.begin(), datagram.begin() + static_cast<ptrdiff_t>(size)});
  }
  Random random;
  for (int i = 0; i < 60000; ++i) {
    Buffer mutated = datagram;
    for (auto flips = 1 + random() % 6; flips > 0; --flips) {
      mutated[random() % mutated.size()] = static_cast<uint8_t>(random());
    }
    ParseAnything(mutated);
  }
  for (int i = 0; i < 20000; ++i) {
    Buffer noise(random() % 96);
    for (uint8_t& byte : noise) byte = static_cast<uint8_t>(random());
    ParseAnything(noise);
  }
}

void WalksMessagesUntilOneDoesNotFit() {
  Buffer datagram = Datagram(3);
  const size_t one = datagram.size() / 3;
  NetlinkMessage message;
  int seen = 0;
  MessageCursor whole(View(datagram));
  while (whole.Next(&message)) ++seen;
  EXPECT(seen == 3 && !whole.malformed());
  datagram.pop_back();
  MessageCursor cut(View(datagram));
  seen = 0;
  while (cut.Next(&message)) ++seen;
  EXPECT(seen == 2 && cut.malformed());
  datagram[one] = 3;
  datagram[one + 1] = 0;
  MessageCursor tiny(View(datagram));
  seen = 0;
  while (tiny.Next(&message)) ++seen;
  EXPECT(seen == 1 && tiny.malformed());
}

void BindsAndConfiguresInOneMessage() {
  ConfigMessage message(0x1234, 77, true);
  message.Command(NFULNL_CFG_CMD_BIND);
  message.Configure({NFULNL_COPY_PACKET, 65531, 65024, 1, 256, 3});
  const Bytes bytes = message.bytes();
  const auto header = LoadHost<nlmsghdr>(bytes.data);
  EXPECT(header.nlmsg_len == bytes.size && bytes.size == 72);
  EXPECT(header.nlmsg_type == 0x0401 && header.nlmsg_seq == 77);
  EXPECT(header.nlmsg_flags == (NLM_F_REQUEST | NLM_F_ACK));
  EXPECT(bytes.data[18] == 0x12 && bytes.data[19] == 0x34);
  std::string types;
  AttributeCursor cursor({bytes.data + 20, bytes.size - 20});
  Attribute attribute;
  while (cursor.Next(&attribute)) {
    types += std::to_string(attribute.type) + ":" + std::to_string(attribute.value.size) + " ";
    if (attribute.type == NFULA_CFG_FLAGS) EXPECT(LoadBe16(attribute.value.data) == 3);
    if (attribute.type == NFULA_CFG_MODE) EXPECT(LoadBe32(attribute.value.data) == 65531);
  }
  EXPECT(types == "1:1 2:6 3:4 4:4 5:4 6:2 ");
  EXPECT(!cursor.malformed());
}

void PacksRecordsAndBytes() {
  const Buffer body = FullBody();
  LoggedPacket packet;
  ParsePacket(View(body), &packet);
  StringTable strings;
  PacketBatch batch;
  batch.Append(packet, 1, &strings);
  packet.fields &= ~static_cast<uint32_t>(kFieldTimestamp);
  batch.Append(packet, (uint64_t{7} << 32) | 8, &strings);
  EXPECT(batch.count() == 2 && strings.size() == 1);
  Buffer out(batch.byte_size());
  batch.CopyTo(out.data());
  const size_t bytes_per_packet = 5 + 14 + 6 + 3;
  EXPECT(out.size() == 2 * (kRecordWords * sizeof(uint32_t) + bytes_per_packet));
  const auto word = [&](size_t record, size_t index) {
    return LoadHost<uint32_t>(out.data() + (record * kRecordWords + index) * sizeof(uint32_t));
  };
  EXPECT(word(0, kWordOrigin) == 0x01020702);
  EXPECT(word(0, kWordPrefix) == 1 && word(1, kWordPrefix) == 1);
  EXPECT(word(1, kWordTimestampHigh) == 7 && word(1, kWordTimestampLow) == 8);
  EXPECT(word(0, kWordBytesAt) == 0 && word(1, kWordBytesAt) == bytes_per_packet);
  EXPECT(word(0, kWordHwSizes) == ((14U << 16) | 6));
  EXPECT(out[2 * kRecordWords * sizeof(uint32_t)] == 0x45);
}

Buffer Tuple(const Buffer& ip, const Buffer& protocol) {
  return Nested({{CTA_TUPLE_IP | NLA_F_NESTED, ip},
                 {CTA_TUPLE_PROTO | NLA_F_NESTED, protocol},
                 {3 /* CTA_TUPLE_ZONE */, {0, 7}}});
}

// A connection as ctnetlink describes it: TCP over IPv4 with source NAT.
Buffer Connection() {
  const Buffer out = Tuple(Nested({{CTA_IP_V4_SRC, {10, 0, 0, 1}}, {CTA_IP_V4_DST, {1, 1, 1, 1}}}),
                           Nested({{CTA_PROTO_NUM, {6}},
                                   {CTA_PROTO_SRC_PORT, {0xc3, 0x50}},
                                   {CTA_PROTO_DST_PORT, {1, 0xbb}}}));
  const Buffer back = Tuple(Nested({{CTA_IP_V4_SRC, {1, 1, 1, 1}}, {CTA_IP_V4_DST, {5, 6, 7, 8}}}),
                            Nested({{CTA_PROTO_NUM, {6}},
                                    {CTA_PROTO_SRC_PORT, {1, 0xbb}},
                                    {CTA_PROTO_DST_PORT, {0xc3, 0x51}}}));
  return Nested({{CTA_TUPLE_ORIG | NLA_F_NESTED, out},
                 {CTA_TUPLE_REPLY | NLA_F_NESTED, back},
                 {CTA_STATUS, {0, 0, 1, 0x9e}},
                 {CTA_PROTOINFO | NLA_F_NESTED, {1, 2, 3}},
                 {CTA_TIMEOUT, {0, 0, 0, 120}},
                 {CTA_MARK, {0, 0, 0, 9}},
                 {CTA_ID, {0xde, 0xad, 0xbe, 0xef}},
                 {CTA_ZONE, {0, 5}}});
}

std::string Hex(const uint8_t* bytes, size_t size) {
  std::string text;
  for (size_t i = 0; i < size; ++i) {
    constexpr char kDigits[] = "0123456789abcdef";
    text += {kDigits[bytes[i] >> 4], kDigits[bytes[i] & 15]};
  }
  return text;
}

// src/conntrack.test.ts reads the same bytes.
void PacksConnections() {
  const Buffer body =
      Body({{NFULA_CT | NLA_F_NESTED, Connection()}, {NFULA_CT_INFO, {0, 0, 0, 3}}});
  LoggedPacket packet;
  EXPECT(ParsePacket(View(body), &packet) == ParseResult::kComplete);
  EXPECT(packet.fields == (kFieldConntrack | kFieldConntrackInfo) && packet.conntrack_info == 3);
  StringTable strings;
  PacketBatch batch;
  EXPECT(batch.Append(packet, 1, &strings));
  Buffer out(batch.byte_size());
  batch.CopyTo(out.data());
  constexpr size_t kAt = kRecordWords * sizeof(uint32_t);
  EXPECT(out.size() == kAt + kConntrackBytes);
  EXPECT(Hex(out.data() + kAt, kConntrackBytes) ==
         "0000003f000000030000019e00000009deadbeef0000007800050000"
         "001706000004"
         "0a000001000000000000000000000000"
         "01010101000000000000000000000000"
         "c35001bb00000007"
         "001706000004"
         "01010101000000000000000000000000"
         "05060708000000000000000000000000"
         "01bbc35100000007");
}

void LeavesOutPartsOfConnections() {
  uint8_t record[kConntrackBytes];
  const Buffer wrong = Nested({{CTA_STATUS, {1}}, {CTA_MARK, {0, 0, 0, 9}}});
  EXPECT(!PackConntrack(View(wrong), record));
  EXPECT(LoadBe32(record + kConntrackFieldsAt) == kConntrackMark);
  const Buffer mixed = Nested({{CTA_IP_V4_SRC, {1, 2, 3, 4}}, {CTA_IP_V6_DST, Buffer(16)}});
  const Buffer one = Nested({{CTA_TUPLE_ORIG, Nested({{CTA_TUPLE_IP, mixed}})}});
  EXPECT(PackConntrack(View(one), record));
  EXPECT(LoadBe16(record + kConntrackOriginalAt + kTupleFieldsAt) == 0);
  const Buffer icmp = Nested({{CTA_PROTO_NUM, {58}},
                              {CTA_PROTO_ICMPV6_ID, {0, 7}},
                              {CTA_PROTO_ICMPV6_TYPE, {128}},
                              {CTA_PROTO_ICMPV6_CODE, {0}}});
  const Buffer ping = Nested({{CTA_TUPLE_REPLY, Nested({{CTA_TUPLE_PROTO, icmp}})}});
  EXPECT(PackConntrack(View(ping), record));
  EXPECT(LoadBe16(record + kConntrackReplyAt + kTupleFieldsAt) == (kTupleProtocol | kTupleIcmp));
  EXPECT(record[kConntrackReplyAt + kTupleIcmpTypeAt] == 128);
}

Buffer LinkEvent(uint16_t type, uint8_t family, int index, const char* name) {
  ifinfomsg link = {};
  link.ifi_family = family;
  link.ifi_index = index;
  const auto* bytes = reinterpret_cast<const uint8_t*>(&link);
  Buffer body(bytes, bytes + sizeof link);
  const Buffer attributes = Nested({{IFLA_IFNAME, Text(name, std::strlen(name) + 1)}});
  body.insert(body.end(), attributes.begin(), attributes.end());
  nlmsghdr header = {};
  header.nlmsg_len = static_cast<uint32_t>(sizeof header + body.size());
  header.nlmsg_type = type;
  bytes = reinterpret_cast<const uint8_t*>(&header);
  body.insert(body.begin(), bytes, bytes + sizeof header);
  return body;
}

void FollowsLinkEvents() {
  LinkNames links;
  const auto after = [&](const Buffer& event, uint32_t index) {
    links.Apply(View(event));
    const std::string* name = links.Find(index);
    return name == nullptr ? std::string() : *name;
  };
  EXPECT(after(LinkEvent(RTM_NEWLINK, AF_UNSPEC, 5, "eth0"), 5) == "eth0");
  EXPECT(after(LinkEvent(RTM_NEWLINK, AF_UNSPEC, 5, "wan0"), 5) == "wan0");
  EXPECT(after(LinkEvent(RTM_DELLINK, AF_BRIDGE, 5, "wan0"), 5) == "wan0");
  EXPECT(after(LinkEvent(RTM_DELLINK, AF_UNSPEC, 5, "wan0"), 5) == "wan0");
  EXPECT(after(LinkEvent(RTM_NEWLINK, AF_UNSPEC, 5, "tun0"), 5) == "tun0");
  EXPECT(after(LinkEvent(RTM_DELLINK, AF_UNSPEC, 6, "gone"), 6) == "gone");
  // There is no socket to ask on, and no such device.
  EXPECT(links.Find(7) == nullptr && links.Find(7) == nullptr);
  // Names of deleted devices are kept, but not for ever.
  for (int i = 100; i < 1200; ++i) links.Apply(View(LinkEvent(RTM_DELLINK, AF_UNSPEC, i, "x")));
  EXPECT(links.Find(6) == nullptr && *links.Find(1199) == "x" && *links.Find(5) == "tun0");
}

// The list of deleted devices names an index twice that was deleted, taken again and deleted again.
void KeepsALinkThatWasDeletedTwice() {
  constexpr int kKept = 1024;
  LinkNames links;
  const auto erase = [&](int index) {
    links.Apply(View(LinkEvent(RTM_DELLINK, AF_UNSPEC, index, "x")));
  };
  erase(5);
  links.Apply(View(LinkEvent(RTM_NEWLINK, AF_UNSPEC, 5, "tun0")));
  erase(5);
  // Until the second entry is the oldest of as many as are kept, and the first one has taken 5
  // away.
  for (int i = 100; i < 100 + kKept - 1; ++i) erase(i);
  EXPECT(links.Find(5) == nullptr && links.Find(5) == nullptr);
  // Had the entry gone while it was being made, it would have been made twice, in place of this
  // one.
  EXPECT(links.Find(100) != nullptr);
}

void NumbersStringsInOrder() {
  StringTable strings;
  EXPECT(strings.Intern("") == 0);
  EXPECT(strings.Intern("a") == 1 && strings.Intern("b") == 2);
  EXPECT(strings.Intern("a") == 1 && strings.Intern("a") == 1);
  EXPECT(strings.size() == 2 && strings.at(1) == "b");
  strings.Clear();
  EXPECT(strings.Intern("b") == 1);
}

}  // namespace
}  // namespace packet_logs

int main() {
  packet_logs::ParsesEveryAttribute();
  packet_logs::LeavesOutAttributesOfAnotherLength();
  packet_logs::RefusesValuesThatCannotBe();
  packet_logs::StaysInsideWhateverArrives();
  packet_logs::WalksMessagesUntilOneDoesNotFit();
  packet_logs::BindsAndConfiguresInOneMessage();
  packet_logs::PacksRecordsAndBytes();
  packet_logs::BeginsWithTheNetworkHeaderAtEgress();
  packet_logs::PacksConnections();
  packet_logs::LeavesOutPartsOfConnections();
  packet_logs::FollowsLinkEvents();
  packet_logs::KeepsALinkThatWasDeletedTwice();
  packet_logs::NumbersStringsInOrder();
  if (packet_logs::failures == 0) std::puts("all passed");
  return packet_logs::failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
