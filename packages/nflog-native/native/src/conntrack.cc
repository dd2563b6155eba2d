#include "conntrack.h"

#include <linux/netfilter/nfnetlink_conntrack.h>

namespace packet_logs {

namespace {

constexpr size_t kIpv4Bytes = 4;
constexpr size_t kIpv6Bytes = 16;

void AddFields32(uint8_t* record, uint32_t fields) {
  StoreBe32(record + kConntrackFieldsAt, LoadBe32(record + kConntrackFieldsAt) | fields);
}

// Copies values that are in network order already, each of exactly one length, and remembers
// whether one had another.
class Packer {
 public:
  // Whether the value was copied.
  bool Copy(Bytes value, uint8_t* into, size_t size) {
    if (value.size != size) return Fail();
    std::memcpy(into, value.data, size);
    return true;
  }

  // Runs over the attributes of a nest.
  template <typename Visit>
  void Each(Bytes nest, Visit visit) {
    AttributeCursor cursor(nest);
    Attribute attribute;
    while (cursor.Next(&attribute)) visit(attribute);
    if (cursor.malformed()) Fail();
  }

  bool Fail() {
    complete_ = false;
    return false;
  }

  bool complete() const { return complete_; }

 private:
  bool complete_ = true;
};

// Both addresses of a tuple have one family, so that one length says all.
uint16_t PackAddresses(Packer& packer, Bytes nest, uint8_t* tuple) {
  uint8_t source_bytes = 0;
  uint8_t destination_bytes = 0;
  const auto copy = [&](Bytes value, size_t at, uint8_t size, uint8_t* copied) {
    if (packer.Copy(value, tuple + at, size)) *copied = size;
  };
  packer.Each(nest, [&](const Attribute& attribute) {
    switch (attribute.type) {
      case CTA_IP_V4_SRC:
        copy(attribute.value, kTupleSourceAt, kIpv4Bytes, &source_bytes);
        break;
      case CTA_IP_V4_DST:
        copy(attribute.value, kTupleDestinationAt, kIpv4Bytes, &destination_bytes);
        break;
      case CTA_IP_V6_SRC:
        copy(attribute.value, kTupleSourceAt, kIpv6Bytes, &source_bytes);
        break;
      case CTA_IP_V6_DST:
        copy(attribute.value, kTupleDestinationAt, kIpv6Bytes, &destination_bytes);
        break;
      default:
        break;
    }
  });
  if (source_bytes == 0 || source_bytes != destination_bytes) return 0;
  tuple[kTupleAddressBytesAt] = source_bytes;
  return kTupleAddresses;
}

uint16_t PackProtocol(Packer& packer, Bytes nest, uint8_t* tuple) {
  uint16_t fields = 0;
  const auto copy = [&](Bytes value, size_t at, size_t size, TupleField field) {
    if (packer.Copy(value, tuple + at, size)) fields = static_cast<uint16_t>(fields | field);
  };
  packer.Each(nest, [&](const Attribute& attribute) {
    switch (attribute.type) {
      case CTA_PROTO_NUM:
        copy(attribute.value, kTupleProtocolAt, 1, kTupleProtocol);
        break;
      case CTA_PROTO_SRC_PORT:
        copy(attribute.value, kTupleSourcePortAt, 2, kTuplePorts);
        break;
      case CTA_PROTO_DST_PORT:
        copy(attribute.value, kTupleDestinationPortAt, 2, kTuplePorts);
        break;
      case CTA_PROTO_ICMP_ID:
      case CTA_PROTO_ICMPV6_ID:
        copy(attribute.value, kTupleIcmpIdAt, 2, kTupleIcmp);
        break;
      case CTA_PROTO_ICMP_TYPE:
      case CTA_PROTO_ICMPV6_TYPE:
        copy(attribute.value, kTupleIcmpTypeAt, 1, kTupleIcmp);
        break;
      case CTA_PROTO_ICMP_CODE:
      case CTA_PROTO_ICMPV6_CODE:
        copy(attribute.value, kTupleIcmpCodeAt, 1, kTupleIcmp);
        break;
      default:
        break;
    }
  });
  return fields;
}

void PackTuple(Packer& packer, Bytes nest, uint8_t* tuple) {
  uint32_t fields = 0;
  packer.Each(nest, [&](const Attribute& attribute) {
    switch (attribute.type) {
      case CTA_TUPLE_IP:
        fields |= PackAddresses(packer, attribute.value, tuple);
        break;
      case CTA_TUPLE_PROTO:
        fields |= PackProtocol(packer, attribute.value, tuple);
        break;
      case CTA_TUPLE_ZONE:
        if (packer.Copy(attribute.value, tuple + kTupleZoneAt, 2)) fields |= kTupleZone;
        break;
      default:
        break;
    }
  });
  StoreBe16(tuple + kTupleFieldsAt, static_cast<uint16_t>(fields));
}

}  // namespace

bool PackConntrack(Bytes attributes, uint8_t* record) {
  std::memset(record, 0, kConntrackBytes);
  Packer packer;
  uint32_t fields = 0;
  const auto copy = [&](Bytes value, size_t at, size_t size, ConntrackField field) {
    if (packer.Copy(value, record + at, size)) fields |= field;
  };
  packer.Each(attributes, [&](const Attribute& attribute) {
    switch (attribute.type) {
      case CTA_TUPLE_ORIG:
        PackTuple(packer, attribute.value, record + kConntrackOriginalAt);
        break;
      case CTA_TUPLE_REPLY:
        PackTuple(packer, attribute.value, record + kConntrackReplyAt);
        break;
      case CTA_STATUS:
        copy(attribute.value, kConntrackStatusAt, 4, kConntrackStatus);
        break;
      case CTA_MARK:
        copy(attribute.value, kConntrackMarkAt, 4, kConntrackMark);
        break;
      case CTA_ID:
        copy(attribute.value, kConntrackIdAt, 4, kConntrackId);
        break;
      case CTA_TIMEOUT:
        copy(attribute.value, kConntrackTimeoutAt, 4, kConntrackTimeout);
        break;
      case CTA_ZONE:
        copy(attribute.value, kConntrackZoneAt, 2, kConntrackZone);
        break;
      default:
        break;
    }
  });
  AddFields32(record, fields);
  return packer.complete();
}

void PackConntrackInfo(uint32_t info, uint8_t* record) {
  StoreBe32(record + kConntrackInfoAt, info);
  AddFields32(record, kConntrackInfo);
}

}  // namespace packet_logs
