// Block types and options of draft-ietf-opsawg-pcapng.

/** The same number in both byte orders. */
export const SECTION_HEADER = 0x0a0d0d0a
export const INTERFACE_DESCRIPTION = 1
export const OBSOLETE_PACKET = 2
export const SIMPLE_PACKET = 3
export const ENHANCED_PACKET = 6

export const BYTE_ORDER_MAGIC = 0x1a2b3c4d
export const SWAPPED_BYTE_ORDER_MAGIC = 0x4d3c2b1a
/** Type, length, and the length again at the end. */
export const FRAME_BYTES = 12

export const OPTION_END = 0
export const OPTION_COMMENT = 1
/** In an interface description. */
export const OPTION_INTERFACE_NAME = 2
/** In a section header. */
export const OPTION_APPLICATION = 4
/** In an interface description. */
export const OPTION_TIMESTAMP_RESOLUTION = 9
/** In an interface description: seconds, 64 bits. */
export const OPTION_TIMESTAMP_OFFSET = 14
