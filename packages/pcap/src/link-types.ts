// Numbers of https://www.tcpdump.org/linktypes.html, as they stand in files (not libpcap's DLT numbers, which differ per platform).

/** Ethernet frames, without preamble and frame check sequence. */
export const LINKTYPE_ETHERNET = 1
/** IPv4 or IPv6 packets, told apart by the version nibble. */
export const LINKTYPE_RAW = 101
/** IPv4 packets. */
export const LINKTYPE_IPV4 = 228
/** IPv6 packets. */
export const LINKTYPE_IPV6 = 229
/** What the kernel's nfnetlink_log sends: a header, then attributes such as prefix, mark and payload. */
export const LINKTYPE_NFLOG = 239

/** Raw IP as programs write it that mistake libpcap's DLT_RAW for a file's link type: 12 on most systems, 14 on OpenBSD. */
export const MISTAKEN_RAW: readonly number[] = [12, 14]
