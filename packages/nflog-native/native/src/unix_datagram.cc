#include "unix_datagram.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

#include "file_descriptor.h"

namespace packet_logs {

int ConnectUnixDatagram(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // A path that begins with a zero byte would be an abstract name, and one that holds a zero byte
  // would be cut there.
  if (path.empty() || path.find('\0') != std::string::npos) return -EINVAL;
  if (path.size() >= sizeof(address.sun_path)) return -ENAMETOOLONG;
  std::memcpy(address.sun_path, path.data(), path.size());

  FileDescriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket.get() < 0) return -errno;
  if (connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return -errno;
  }
  return socket.Release();
}

}  // namespace packet_logs
