package main

import (
	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/reg"
)

// cpu makes the functions that ask the processor what it can do.
func cpu(f *file) {
	f.Function("cpuid")
	f.Attributes(attr.NOSPLIT)
	f.SignatureExpr("func(leaf, sub uint32) (eax, ebx, ecx, edx uint32)")
	f.Load(f.Param("leaf"), reg.EAX)
	f.Load(f.Param("sub"), reg.ECX)
	f.CPUID()
	for _, r := range []struct {
		name string
		reg  reg.Register
	}{{"eax", reg.EAX}, {"ebx", reg.EBX}, {"ecx", reg.ECX}, {"edx", reg.EDX}} {
		f.Store(r.reg, f.Return(r.name))
	}
	f.RET()
	f.stubs.WriteString("\n// cpuid runs the instruction CPUID.\nfunc cpuid(leaf, sub uint32) (eax, ebx, ecx, edx uint32)\n")

	f.Function("xgetbv")
	f.Attributes(attr.NOSPLIT)
	f.SignatureExpr("func() (eax uint32)")
	f.XORL(reg.ECX, reg.ECX)
	f.XGETBV()
	f.Store(reg.EAX, f.Return("eax"))
	f.RET()
	f.stubs.WriteString("\n// xgetbv returns which registers the operating system saves: XCR0, the lower half.\nfunc xgetbv() (eax uint32)\n")
}
