package dovi

// CRC-32/MPEG-2: polynomial 0x04C11DB7, most significant bit first, no final
// inversion. Package hash/crc32 has the reflected kind only.
const (
	crcPolynomial uint32 = 0x04C11DB7
	crcInit       uint32 = 0xFFFFFFFF
)

var crcTable = func() (t [256]uint32) {
	for i := range t {
		crc := uint32(i) << 24
		for range 8 {
			top := crc >> 31
			crc = crc<<1 ^ -top&crcPolynomial
		}
		t[i] = crc
	}
	return t
}()

// Checksum is the CRC-32/MPEG-2 of p. An RPU ends with the big-endian checksum
// of all that is between its prefix and it, and 0x80.
func Checksum(p []byte) uint32 {
	crc := crcInit
	for _, b := range p {
		crc = crc<<8 ^ crcTable[byte(crc>>24)^b]
	}
	return crc
}
