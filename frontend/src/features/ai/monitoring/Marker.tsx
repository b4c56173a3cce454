const SIZE = 4

/** A shape a line: colour never stands alone. */
export function Marker({ place, x, y }: { place: number; x: number; y: number }) {
  switch (place % 6) {
    case 0:
      return <circle cx={x} cy={y} r={SIZE} />
    case 1:
      return <rect x={x - SIZE} y={y - SIZE} width={2 * SIZE} height={2 * SIZE} />
    case 2:
      return <path d={`M${x} ${y - 5}l5 9h-10z`} />
    case 3:
      return <path d={`M${x} ${y - 5}l5 5l-5 5l-5-5z`} />
    case 4:
      return <path d={`M${x} ${y + 5}l5-9h-10z`} />
    default:
      return <path d={`M${x - 5} ${y - 1.5}h3.5v-3.5h3v3.5h3.5v3h-3.5v3.5h-3v-3.5h-3.5z`} />
  }
}
