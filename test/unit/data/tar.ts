// Makes tar archives to read: ustar headers, written down from POSIX.1-1988.

/** One block per header, contents padded to blocks, two blocks of zeros at the end. */
export function tarOf(files: Readonly<Record<string, Uint8Array>>, type = '0'): Uint8Array {
  const parts: Uint8Array[] = []
  for (const [name, content] of Object.entries(files)) {
    parts.push(tarHeader(name, content.length, type), content, new Uint8Array(-content.length & 511))
  }
  return Buffer.concat([...parts, new Uint8Array(1024)])
}

export function tarHeader(name: string, size: number, type: string): Uint8Array {
  const header = Buffer.alloc(512)
  header.write(name, 0)
  header.write('0000644\0', 100)
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  header.write('        ', 148)
  header.write(type, 156)
  header.write('ustar\x0000', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return header
}
