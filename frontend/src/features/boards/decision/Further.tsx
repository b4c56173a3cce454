import { type ReactNode, useState } from 'react'

import own from './decision.module.css'

interface FurtherProps {
  isFilled: boolean
  label: string
  children: ReactNode
}

/** Folded beside the images, where the form has a third of its width; open where something is in it. */
export function Further({ isFilled, label, children }: FurtherProps) {
  const [wasFilled] = useState(isFilled)
  return (
    <details className={own.further} open={wasFilled}>
      <summary>{label}</summary>
      {children}
    </details>
  )
}
