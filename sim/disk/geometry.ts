/** The grain of the simulated disk: the page cache works in pages, the device writes whole sectors. */
export const pageBytes = 4096
export const sectorBytes = 512
export const sectorsPerPage = pageBytes / sectorBytes

export function pagesOf(bytes: number): number {
  return Math.ceil(bytes / pageBytes)
}
