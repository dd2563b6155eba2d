// The netlink socket that log groups are bound to. Plain C++ and errno: knows no Node and no event
// loop.
#ifndef PACKET_LOGS_NFLOG_SOCKET_H_
#define PACKET_LOGS_NFLOG_SOCKET_H_

#include <cstdint>
#include <memory>

#include "file_descriptor.h"
#include "netlink.h"
#include "nflog_message.h"

namespace packet_logs {

// What went wrong, and in which call; error 0 is success.
struct Failure {
  int error = 0;
  const char* call = "";
  explicit operator bool() const { return error != 0; }
};

// The receive buffer, in the measure of SO_RCVBUF as it is asked for: the kernel doubles both.
struct QueueState {
  uint32_t capacity_bytes = 0;
  uint32_t used_bytes = 0;
  // Datagrams that found no room since the socket was opened.
  uint32_t dropped = 0;
};

// Takes what else arrives while an acknowledgement is awaited: nothing is discarded.
class DatagramListener {
 public:
  virtual void OnDatagram(Bytes datagram, bool truncated) = 0;
  virtual void OnOverrun() = 0;

 protected:
  ~DatagramListener() = default;
};

class NflogSocket {
 public:
  // Opens the socket, non-blocking.
  Failure Open();

  // Asks for `bytes` of receive buffer, as root beyond net.core.rmem_max. Queue() tells what was
  // granted.
  Failure SetReceiveBuffer(uint32_t bytes);

  // Whether lost datagrams raise no ENOBUFS.
  Failure SilenceOverruns(bool silent);

  // Binds the group and configures it in one message. EPERM when another socket owns the group, and
  // when privilege is missing: CheckPrivilege() tells them apart.
  Failure Bind(uint16_t group, const GroupConfig& config, DatagramListener* listener);

  // The same without an answer, which would stand behind everything that was not read yet. Where
  // the checks below had no objection the kernel has none; if it does all the same, its
  // NLMSG_ERROR is among what is received.
  Failure Rebind(uint16_t group, bool bind, const GroupConfig& config);

  // Gives the group up, also without an answer. The kernel sends what it holds before this returns.
  Failure Unbind(uint16_t group);

  // Reads one datagram that the kernel sent; the bytes live until the next call. EAGAIN when there
  // is none, ENOBUFS once after datagrams were lost. Sets `truncated` when the datagram was longer
  // than our buffer.
  Failure Receive(Bytes* datagram, bool* truncated);

  QueueState Queue() const;

  int fd() const { return fd_.get(); }
  // Frees the memory as well: an object that waits for the garbage collector must not hold it.
  void Close();

  // These ask on a socket of their own, so that nothing is in the way of the answer.
  // EPERM: this process may not bind log groups.
  static Failure CheckPrivilege();
  // EOPNOTSUPP: the kernel has no conntrack netlink for these flags.
  static Failure CheckFlags(uint16_t flags);
  // EPERM: somebody owns the group, or privilege is missing.
  static Failure CheckFree(uint16_t group);

 private:
  Failure Send(Bytes message);
  // What the kernel says to a configuration of a group that is not ours, and changes nothing.
  Failure Probe(uint16_t group, uint16_t flags);
  // Without a listener what else arrives is dropped.
  Failure AwaitAcknowledgement(uint32_t sequence, DatagramListener* listener);

  FileDescriptor fd_;
  uint32_t sequence_ = 0;
  // Not cleared: pages that no datagram reaches cost nothing.
  std::unique_ptr<uint8_t[]> buffer_;
};

}  // namespace packet_logs

#endif  // PACKET_LOGS_NFLOG_SOCKET_H_
