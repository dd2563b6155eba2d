// The netlink socket that log groups are bound to. Plain C++ and errno: knows no Node and no event
// loop.
#ifndef PACKET_LOGS_NFLOG_SOCKET_H_
#define PACKET_LOGS_NFLOG_SOCKET_H_

#include <cstdint>
#include <vector>

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

  // Asks for `bytes` of receive buffer, as root beyond net.core.rmem_max. The kernel keeps twice as
  // much for its own overhead; ReceiveBufferBytes() tells the effective half.
  Failure SetReceiveBuffer(uint32_t bytes);
  uint32_t ReceiveBufferBytes() const;

  // Lost datagrams raise no ENOBUFS any more.
  Failure SilenceOverruns();

  // Binds the group and configures it in one message. EPERM when another socket owns the group, and
  // when privilege is missing: IsPrivileged() tells them apart.
  Failure Bind(uint16_t group, const GroupConfig& config, DatagramListener* listener);
  Failure Configure(uint16_t group, const GroupConfig& config, DatagramListener* listener);

  // Gives the group up. The kernel sends what it holds before this returns. No acknowledgement is
  // asked for, because it would stand behind everything that was not read yet.
  Failure Unbind(uint16_t group);

  // Reads one datagram that the kernel sent; the bytes live until the next call. EAGAIN when there
  // is none, ENOBUFS once after datagrams were lost. Sets `truncated` when the datagram was longer
  // than our buffer.
  Failure Receive(Bytes* datagram, bool* truncated);

  // Datagrams that the kernel could not queue since the socket was opened.
  uint32_t DroppedDatagrams() const;

  int fd() const { return fd_.get(); }
  // Frees the memory as well: an object that waits for the garbage collector must not hold it.
  void Close();

  // Whether the kernel lets this process bind log groups at all.
  static bool IsPrivileged();

 private:
  Failure Send(Bytes message);
  Failure Request(uint16_t group, uint8_t command, const GroupConfig& config,
                  DatagramListener* listener);
  // Without a listener what else arrives is dropped.
  Failure AwaitAcknowledgement(uint32_t sequence, DatagramListener* listener);

  FileDescriptor fd_;
  uint32_t sequence_ = 0;
  std::vector<uint8_t> buffer_;
};

}  // namespace packet_logs

#endif  // PACKET_LOGS_NFLOG_SOCKET_H_
