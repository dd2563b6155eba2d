#ifndef PACKET_LOGS_UNIX_DATAGRAM_H_
#define PACKET_LOGS_UNIX_DATAGRAM_H_

#include <string>

namespace packet_logs {

// Connects a new non-blocking datagram socket to the unix socket at a path; returns its file
// descriptor, which the caller owns, or a negative errno.
int ConnectUnixDatagram(const std::string& path);

}  // namespace packet_logs

#endif  // PACKET_LOGS_UNIX_DATAGRAM_H_
