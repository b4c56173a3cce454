export const NAME_PX = 12
export const OUTLINE_PX = 1.75
const HALO_PX = 3

/** Words over a picture, legible on black and on white. */
export function write(
  context: CanvasRenderingContext2D,
  words: string,
  x: number,
  y: number,
  colour: string,
  ratio: number,
  align: CanvasTextAlign = 'center',
): void {
  context.save()
  context.font = `600 ${NAME_PX * ratio}px system-ui, sans-serif`
  context.textAlign = align
  context.lineJoin = 'round'
  context.lineWidth = HALO_PX * ratio
  context.strokeStyle = 'rgba(0, 0, 0, 0.85)'
  context.fillStyle = colour
  context.strokeText(words, x, y)
  context.fillText(words, x, y)
  context.restore()
}
