// Writes what Go's assembler knows of every architecture, as JSON: instructions, jumps, registers, special operands.
// It is built in the place of cmd/asm's own main package (go build -overlay), because nobody else may import the
// assembler's packages. See assembler-tables.ts.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strconv"

	"cmd/asm/internal/arch"
	"cmd/internal/obj/arm64"
	"cmd/internal/obj/riscv"
	"cmd/internal/sys"
)

type table struct {
	Instructions []string
	// Those of them whose operand is a branch's target.
	Jumps []string
	Registers []string
	// R(10), SPR(268): the largest number by prefix.
	Numbered map[string]int
	// Names that stand for themselves as operands: conditions, hints, control registers.
	Special []string
	PointerSize int
}

var architectures = []string{"386", "amd64", "arm", "arm64", "loong64", "mips", "mipsle", "mips64", "mips64le", "ppc64", "ppc64le", "riscv64", "s390x", "wasm"}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "probe" {
		probe(os.Args[2])
		return
	}
	all := map[string]table{}
	for _, name := range architectures {
		a := arch.Set(name, false)
		t := table{Numbered: map[string]int{}, PointerSize: a.PtrSize}
		for word := range a.Instructions {
			switch word {
			case "XXX", "TEXT", "FUNCDATA", "PCDATA", "PCALIGN", "LAST":
				continue
			}
			t.Instructions = append(t.Instructions, word)
			if a.IsJump(word) {
				t.Jumps = append(t.Jumps, word)
			}
		}
		for register := range a.Register {
			t.Registers = append(t.Registers, register)
		}
		for prefix := range a.RegisterPrefix {
			for n := 0; n < 2048; n++ {
				if _, ok := a.RegisterNumber(prefix, int16(n)); ok {
					t.Numbered[prefix] = n
				}
			}
		}
		switch a.Family {
		case sys.ARM64:
			for o := arm64.SPOP_BEGIN; o < arm64.SPOP_END; o++ {
				t.Special = append(t.Special, o.String())
			}
			t.Special = append(t.Special, "CS", "CC")
		case sys.RISCV64:
			for o := riscv.SPOP_RVV_BEGIN; o < riscv.SPOP_RVV_END; o++ {
				t.Special = append(t.Special, o.String())
			}
			for _, name := range riscv.CSRs {
				t.Special = append(t.Special, name)
			}
		}
		sort.Strings(t.Instructions)
		sort.Strings(t.Jumps)
		sort.Slice(t.Registers, func(i, j int) bool { return natural(t.Registers[i]) < natural(t.Registers[j]) })
		sort.Strings(t.Special)
		all[name] = t
	}
	out, err := json.Marshal(all)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Stdout.Write(out)
}

// natural makes R2 sort before R10.
func natural(name string) string {
	digits := len(name)
	for digits > 0 && name[digits-1] >= '0' && name[digits-1] <= '9' {
		digits--
	}
	n, err := strconv.Atoi(name[digits:])
	if err != nil {
		return name
	}
	return fmt.Sprintf("%s%05d", name[:digits], n)
}

func probe(string) {}
