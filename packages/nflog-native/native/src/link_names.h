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

class LinkNames {
 public:
  // Subscribes to link events, then reads all links.
  Failure Open();

  // Applies the events that arrived meanwhile; one system call when there are none. A packet that
  // is in our hands was logged after every event that comes before it, so call this between
  // receiving and looking up.
  void Refresh();

  // Nullptr for an index that was never seen. The name of a deleted link stays until its index is
  // taken again (or very many others were deleted), for packets that were logged before it went.
  const std::string* Find(uint32_t index) const;

  void Close();

 private:
  Failure RequestDump();
  // Reads until there is nothing more (events) or the dump that is under way has ended.
  Failure ReadAll();
  void Apply(const NetlinkMessage& message);
  void Delete(uint32_t index);

  struct Link {
    std::string name;
    bool deleted = false;
  };

  FileDescriptor fd_;
  bool dumping_ = false;
  // Events were lost, or no dump has ended yet: only the next dump knows the truth.
  bool stale_ = true;
  std::unordered_map<uint32_t, Link> links_;
  std::deque<uint32_t> deleted_;
  std::vector<uint8_t> buffer_;
};

}  // namespace packet_logs

#endif  // PACKET_LOGS_LINK_NAMES_H_
