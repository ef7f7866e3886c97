// Writes what Go's assembler knows of every architecture, as JSON: instructions, jumps, registers, special operands.
// It is built in the place of cmd/asm's own main package (go build -overlay), because nobody else may import the
// assembler's packages. See assembler-tables.ts.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"internal/buildcfg"
	"io"
	"os"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"cmd/asm/internal/arch"
	"cmd/asm/internal/asm"
	"cmd/asm/internal/flags"
	"cmd/asm/internal/lex"
	"cmd/internal/obj"
	"cmd/internal/obj/arm64"
	"cmd/internal/obj/riscv"
	"cmd/internal/sys"
)

type table struct {
	Instructions []string
	// Those of them whose operand is a branch's target.
	Jumps     []string
	Registers []string
	// R(10), SPR(268): the largest number by prefix.
	Numbered map[string]int
	// Names that stand for themselves as operands: conditions, hints, control registers.
	Special []string
	// Experiments that are on where nobody chose: the assembler defines GOEXPERIMENT_name for each.
	Experiments []string
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
		if experiments, err := buildcfg.ParseGOEXPERIMENT("linux", name, ""); err == nil {
			t.Experiments = experiments.Enabled()
		}
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

// probe reads instructions, one a line, and writes a line with + or - for each: whether the assembler takes it. An empty
// line ends a batch, which is assembled at once, every instruction in a function of its own.
func probe(goarch string) {
	all := true
	flags.AllErrors = &all
	// What some of the encoders print by the way is nobody's answer.
	answers := os.Stdout
	if nowhere, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		os.Stdout = nowhere
	}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 1<<20), 1<<20)
	var batch []string
	for in.Scan() {
		if in.Text() != "" {
			batch = append(batch, in.Text())
			continue
		}
		taken := make([]byte, len(batch))
		answer(goarch, batch, taken)
		answers.Write(append(taken, '\n'))
		batch = batch[:0]
	}
}

// answer halves a batch that the assembler does not survive.
func answer(goarch string, lines []string, taken []byte) {
	if attempt(goarch, lines, taken) {
		return
	}
	if len(lines) == 1 {
		taken[0] = '-'
		return
	}
	half := len(lines) / 2
	answer(goarch, lines[:half], taken[:half])
	answer(goarch, lines[half:], taken[half:])
}

var position = regexp.MustCompile(`probe\.s:(\d+)`)

// attempt reads lines until the parser refuses none that is left, then assembles each function by itself: an encoder that
// gives up says no more than that this one is refused. False when the parser itself gives up.
func attempt(goarch string, lines []string, taken []byte) (survived bool) {
	defer func() {
		if recover() != nil {
			survived = false
		}
	}()
	for i := range taken {
		taken[i] = '+'
	}
	if architecture == nil {
		architecture = arch.Set(goarch, false)
	}
	for round := 0; round < 4; round++ {
		var text strings.Builder
		places := map[int]int{}
		var functions []int
		line := 0
		write := func(s string) {
			text.WriteString(s)
			text.WriteByte('\n')
			line++
		}
		for i, instruction := range lines {
			if taken[i] == '-' {
				continue
			}
			functions = append(functions, i)
			write(fmt.Sprintf("TEXT p%d(SB), 4, $128-64", i))
			write("label:")
			write(instruction)
			places[line] = i
			// No RET, at which x86 wants pushes and pops to be balanced; two of them for 2(PC).
			write("JMP label")
			write("JMP label")
		}
		if len(functions) == 0 {
			return true
		}
		refused := 0
		note := func(message string) {
			for _, m := range position.FindAllStringSubmatch(message, -1) {
				n, _ := strconv.Atoi(m[1])
				for _, at := range []int{n, n - 1} {
					if i, ok := places[at]; ok && taken[i] == '+' {
						taken[i] = '-'
						refused++
						break
					}
				}
			}
		}
		ctxt := obj.Linknew(architecture.LinkArch)
		ctxt.Bso = bufio.NewWriter(io.Discard)
		ctxt.IsAsm = true
		ctxt.Pkgpath = "probe"
		ctxt.DiagFunc = func(format string, args ...any) {
			note(fmt.Sprintf(format, args...))
		}
		architecture.Init(ctxt)
		first, ok := parse(ctxt, text.String(), note)
		if !ok {
			if refused == 0 {
				return false
			}
			continue
		}
		for _, i := range functions {
			if first == nil || first.As != obj.ATEXT {
				return false
			}
			last := first
			for last.Link != nil && last.Link.As != obj.ATEXT {
				last = last.Link
			}
			next := last.Link
			last.Link = nil
			if !encodes(ctxt, first) {
				taken[i] = '-'
			}
			first = next
		}
		return true
	}
	return false
}

var architecture *arch.Arch

// parse gives what the parser prints to note.
func parse(ctxt *obj.Link, text string, note func(string)) (*obj.Prog, bool) {
	said, err := os.CreateTemp("", "probe")
	if err != nil {
		panic(err)
	}
	stderr := os.Stderr
	os.Stderr = said
	defer func() {
		os.Stderr = stderr
		said.Close()
		messages, _ := os.ReadFile(said.Name())
		os.Remove(said.Name())
		note(string(messages))
	}()
	return asm.NewParser(ctxt, architecture, input(text)).Parse()
}

// encodes assembles one function.
func encodes(ctxt *obj.Link, function *obj.Prog) (fine bool) {
	defer func() {
		if recover() != nil {
			fine = false
		}
	}()
	failed := false
	ctxt.Errors = 0
	ctxt.DiagFunc = func(string, ...any) { failed = true }
	obj.Flushplist(ctxt, &obj.Plist{Firstpc: function}, nil)
	return !failed
}

func input(text string) lex.TokenReader {
	return lex.NewTokenizer("probe.s", strings.NewReader(text), nil)
}
