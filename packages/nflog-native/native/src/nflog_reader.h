// Everything between the kernel and a finished batch. Plain C++: whoever owns it decides when to
// read, an event loop today, a thread if measurement asks for it.
#ifndef PACKET_LOGS_NFLOG_READER_H_
#define PACKET_LOGS_NFLOG_READER_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "link_names.h"
#include "nflog_socket.h"
#include "packet_batch.h"
#include "string_table.h"

namespace packet_logs {

struct ReaderOptions {
  std::vector<uint16_t> groups;
  GroupConfig config;
  uint32_t receive_buffer_bytes = 0;  // in a change, 0: stays as it is
  uint32_t receive_buffer_max_bytes = 0;
  bool silence_overruns = false;
};

struct ReaderStats {
  uint64_t packets = 0;
  uint64_t payload_bytes = 0;
  uint64_t datagrams = 0;
  uint64_t lost = 0;        // packets missing in the sequences
  uint64_t overruns = 0;    // times the kernel said that it could not queue
  uint64_t truncated = 0;   // datagrams longer than our buffer
  uint64_t malformed = 0;   // messages or attributes that were left out
  uint32_t queue_peak = 0;  // bytes of the receive buffer that were in use when reading began
};

// A failure, and the group it is about (-1: none).
struct ReaderFailure {
  Failure failure;
  int group = -1;
  explicit operator bool() const { return static_cast<bool>(failure); }
};

class NflogReader : private DatagramListener {
 public:
  ReaderFailure Open(const ReaderOptions& options);

  // Appends what the kernel has to the batch, until that is full or there is nothing more. Success
  // also when there was nothing.
  Failure Fill();

  // Whether the kernel reported lost datagrams since the last call.
  bool TakeOverrun() { return std::exchange(overrun_, false); }

  // Changes everything, without reading. When it fails nothing was changed.
  ReaderFailure Configure(const ReaderOptions& options);

  // Gives all groups up; what the kernel still held can be read afterwards. False when this process
  // may not any more.
  bool Unbind();
  void Close();

  PacketBatch& batch() { return batch_; }
  StringTable& strings() { return strings_; }
  const ReaderStats& stats() const { return stats_; }
  // The receive buffer, its drops counted like the stats.
  QueueState Queue() const;
  void ResetStats();
  int fd() const { return socket_.fd(); }

 private:
  struct Group {
    uint16_t number;
    bool bound;
    // How often it was bound anew: so often the numbers will begin at 0 again, behind what is still
    // queued.
    uint32_t restarts;
    uint32_t next;
  };

  void OnDatagram(Bytes datagram, bool truncated) override;
  void OnOverrun() override;
  void OnAnswer(Bytes body);
  void MarkHole();
  void TrackSequence(const LoggedPacket& packet);
  Group* FindGroup(uint16_t number);
  void AddGroup(uint16_t number);
  // Notes how full the receive buffer is, and makes it larger while there is time.
  void WatchQueue();
  void FinishBatch();

  NflogSocket socket_;
  LinkNames links_;
  StringTable strings_;
  PacketBatch batch_;
  // Those given up stay: packets of theirs may be queued.
  std::vector<Group> groups_;
  size_t last_group_ = 0;
  GroupConfig config_;
  uint32_t receive_buffer_max_bytes_ = 0;
  bool open_ = false;
  bool overrun_ = false;
  int refusal_ = 0;
  bool hole_ahead_ = false;
  ReaderStats stats_;
  uint32_t dropped_before_ = 0;
};

}  // namespace packet_logs

#endif  // PACKET_LOGS_NFLOG_READER_H_
