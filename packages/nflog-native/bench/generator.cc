// Sends 60-byte UDP packets to port 9 on loopback, as many as asked for, at the rate that is asked
// for.
//   generator COUNT PACKETS_PER_SECOND
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace {

constexpr unsigned kBurst = 64;
constexpr int kPayloadBytes = 60 - 28;
constexpr int64_t kNanoseconds = 1000000000;

int64_t Now() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * kNanoseconds + now.tv_nsec;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const int64_t count = std::strtoll(argv[1], nullptr, 10);
  const int64_t rate = std::strtoll(argv[2], nullptr, 10);
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in target = {};
  target.sin_family = AF_INET;
  target.sin_port = htons(9);
  target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || connect(fd, reinterpret_cast<sockaddr*>(&target), sizeof target) != 0) return 1;
  char payload[kPayloadBytes] = {};
  iovec part = {payload, sizeof payload};
  mmsghdr burst[kBurst] = {};
  for (mmsghdr& message : burst) {
    message.msg_hdr.msg_iov = &part;
    message.msg_hdr.msg_iovlen = 1;
  }
  const int64_t start = Now();
  for (int64_t sent = 0; sent < count;) {
    while ((Now() - start) * rate / kNanoseconds < sent) usleep(50);
    const auto size = static_cast<unsigned>(std::min<int64_t>(kBurst, count - sent));
    const int accepted = sendmmsg(fd, burst, size, 0);
    if (accepted > 0) sent += accepted;
  }
  std::printf("%.3f\n", static_cast<double>(Now() - start) / 1e9);
  close(fd);
  return 0;
}
