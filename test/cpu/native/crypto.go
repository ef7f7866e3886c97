// What the standard library does with AES, PCLMULQDQ, SHA, CRC32 and the string instructions, in sizes around its
// block lengths. The same program ran natively; its output is kept beside it.
package main

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"hash/crc32"
	"hash/crc64"
	"math/big"
	"math/bits"
	"strings"
)

func data(n int) []byte {
	b := make([]byte, n)
	x := uint32(12345)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}

func encrypted(key int, d []byte) {
	block, _ := aes.NewCipher(data(key))
	gcm, _ := cipher.NewGCM(block)
	sealed := gcm.Seal(nil, data(12), d, []byte("beside"))
	opened, err := gcm.Open(nil, data(12), sealed, []byte("beside"))
	fmt.Printf("aes-%d %x %v %v", key*8, sha256.Sum256(sealed), err, bytes.Equal(opened, d))
	out := make([]byte, len(d))
	cipher.NewCTR(block, data(16)).XORKeyStream(out, d)
	fmt.Printf(" ctr %x", crc32.ChecksumIEEE(out))
	if len(d)%16 == 0 {
		cipher.NewCBCEncrypter(block, data(16)).CryptBlocks(out, d)
		fmt.Printf(" cbc %x", crc32.ChecksumIEEE(out))
		cipher.NewCBCDecrypter(block, data(16)).CryptBlocks(out, out)
		fmt.Printf(" %v", bytes.Equal(out, d))
	}
	fmt.Println()
}

func main() {
	castagnoli := crc32.MakeTable(crc32.Castagnoli)
	for _, n := range []int{0, 1, 15, 16, 17, 31, 63, 64, 65, 127, 128, 200, 255, 1000, 4096, 10007, 65536} {
		d := data(n)
		fmt.Printf("%d\nsha1 %x\nsha256 %x\nsha512 %x\nmd5 %x\n", n, sha1.Sum(d), sha256.Sum256(d), sha512.Sum512(d), md5.Sum(d))
		fmt.Printf("crc32 %08x %08x %016x\n", crc32.ChecksumIEEE(d), crc32.Checksum(d, castagnoli), crc64.Checksum(d, crc64.MakeTable(crc64.ECMA)))
		for _, key := range []int{16, 24, 32} {
			encrypted(key, d)
		}
		mac := hmac.New(sha256.New, []byte("key"))
		mac.Write(d)
		fmt.Printf("hmac %x\n", mac.Sum(nil))
		needle := []byte{1, 2}
		if n > 5 {
			needle = d[n-3:]
		}
		fmt.Println(bytes.IndexByte(d, 77), bytes.Index(d, needle), bytes.Count(d, []byte{5}), bytes.LastIndexByte(d, 9),
			bytes.IndexAny(d, "xyz"), strings.Index(string(d), "ab"), strings.Count(string(d), "a"),
			bytes.Compare(d, data(n/2)), bytes.Equal(d, data(n)))
	}
	a, b, m := new(big.Int).SetBytes(data(150)), new(big.Int).SetBytes(data(40)), new(big.Int).SetBytes(data(128))
	m.SetBit(m, 0, 1)
	fmt.Println(new(big.Int).Exp(a, b, m).Text(36), new(big.Int).Div(a, b).Text(16))
	fmt.Printf("ed25519 %x\n", ed25519.Sign(ed25519.NewKeyFromSeed(data(32)), []byte("hello")))
	p256, _ := ecdh.P256().NewPrivateKey(data(32))
	x25519, _ := ecdh.X25519().NewPrivateKey(data(32))
	fmt.Printf("p256 %x\nx25519 %x\n", p256.PublicKey().Bytes(), x25519.PublicKey().Bytes())
	fmt.Println(bits.OnesCount64(0xdeadbeef12345), bits.LeadingZeros32(77), bits.TrailingZeros64(80), bits.Len(99))
}
