// Names of network devices by index, kept current by the kernel's link events instead of a system
// call per packet.
#ifndef PACKET_LOGS_LINK_NAMES_H_
#define PACKET_LOGS_LINK_NAMES_H_

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "file_descriptor.h"
#include "netlink.h"
#include "nflog_socket.h"

namespace packet_logs {

// A name is asked for once, when its index is met first; events keep it right from then on. After
// events were lost, each is asked for once more. Asking takes no lock that configuring a device
// holds for long, as listing all devices would.
class LinkNames {
 public:
  // Subscribes to link events.
  Failure Open();

  // Applies the events that arrived meanwhile; one system call when there are none. A packet that
  // is in our hands was logged after every event that comes before it, so call this between
  // receiving and looking up.
  void Refresh();

  // Nullptr for an index without a name. The name of a deleted link stays until its index is taken
  // again (or very many others were deleted), for packets that were logged before it went.
  const std::string* Find(uint32_t index);

  // What an event says. Public for tests.
  void Apply(Bytes datagram);

  void Close();

 private:
  struct Link {
    std::string name;
    uint32_t epoch = 0;
    bool deleted = false;
  };

  void Apply(const NetlinkMessage& message);
  void Ask(uint32_t index, Link* link);
  void Delete(uint32_t index, Link* link);

  FileDescriptor fd_;
  // Counts the times that events were lost: a name of another epoch may have changed.
  uint32_t epoch_ = 0;
  std::unordered_map<uint32_t, Link> links_;
  std::deque<uint32_t> deleted_;
  std::vector<uint8_t> buffer_;
};

}  // namespace packet_logs

#endif  // PACKET_LOGS_LINK_NAMES_H_
