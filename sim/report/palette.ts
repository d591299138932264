type Paint = (text: string) => string

/** How a report marks its parts. The report's text is complete without. */
export interface Palette {
  readonly good: Paint
  readonly bad: Paint
  readonly strong: Paint
  readonly faint: Paint
}

const asIs: Paint = (text) => text

export const plain: Palette = { good: asIs, bad: asIs, strong: asIs, faint: asIs }
