import { useTranslation } from 'react-i18next'

import type { OpenedDocument } from '@/api/types'
import type { Viewer } from '@/viewer/viewer'

import classes from './documents.module.css'
import { goToImage, isHere } from './goTo'

type Line = OpenedDocument['lines'][number]

/** Deeper lines are set no further in: a panel is narrow. */
const DEEPEST_STEP = 6

/** A report of any template, line by line as its tree has it; only text, never markup. */
export function ReportView({ viewer, document }: { viewer: Viewer; document: OpenedDocument }) {
  const { t } = useTranslation('documents')
  const isOpen = document.groups.length === 0
  return (
    <details className={classes.report} open={isOpen}>
      <summary>{t('content')}</summary>
      {document.lines.map((line, at) => (
        <div
          key={at}
          className={line.kind === 'container' ? classes.heading : classes.line}
          style={{ paddingLeft: `${Math.min(line.depth, DEEPEST_STEP) * 10}px` }}
        >
          {line.name && <span className={classes.name}>{line.name}</span>}
          <span className={classes.value}>
            {line.value} {line.unit}
            <LineImages viewer={viewer} line={line} />
          </span>
        </div>
      ))}
    </details>
  )
}

function LineImages({ viewer, line }: { viewer: Viewer; line: Line }) {
  const { t } = useTranslation('documents')
  return line.images.map((image, at) =>
    isHere(viewer, image) ? (
      <button
        key={at}
        type="button"
        className={classes.link}
        onClick={() => void goToImage(viewer, image)}
      >
        {t('goTo')}
      </button>
    ) : (
      <span key={at} className={classes.missing} title={image.sop_instance_uid}>
        {t('notHere')}
      </span>
    ),
  )
}
