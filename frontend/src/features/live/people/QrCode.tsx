import { useTranslation } from 'react-i18next'

/** ISO/IEC 18004 asks for four light squares around the code. */
const QUIET = 4

/** A QR code from its rows of squares; always dark on light, whatever the theme. */
export function QrCode({ rows, size }: { rows: readonly string[]; size: number }) {
  const { t } = useTranslation('people')
  const side = rows.length + 2 * QUIET
  const path = rows
    .flatMap((row, y) =>
      [...row].map((square, x) => (square === '1' ? `M${x + QUIET} ${y + QUIET}h1v1h-1z` : '')),
    )
    .join('')
  return (
    <svg
      role="img"
      aria-label={t('checkIn.qr')}
      width={size}
      height={size}
      viewBox={`0 0 ${side} ${side}`}
      shapeRendering="crispEdges"
    >
      <rect width={side} height={side} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  )
}
