import { IconWorldDownload } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

import type { Finding } from '@/api/types'
import { Chip } from '@/ui/Chip'

import { makerWords, verificationWords, versionWords } from './external'
import classes from './Findings.module.css'

/** That a finding is another vendor's; nothing for one of this house. */
export function ExternalMark({ finding }: { finding: Finding }) {
  const { t } = useTranslation('external')
  if (finding.external === null) return null
  return (
    <Chip icon={<IconWorldDownload size={13} aria-hidden />} hint={t('hint')}>
      {t('chip')}
    </Chip>
  )
}

/** Vendor, version and where it stands there, in one line. */
export function ExternalLine({ finding }: { finding: Finding }) {
  const { external } = finding
  if (external === null) return null
  return (
    <div className={classes.provenance}>
      {makerWords(external)} · {verificationWords(external)}
    </div>
  )
}

/** All that is known of another vendor's finding beside what every finding shows. */
export function ExternalFacts({ finding }: { finding: Finding }) {
  const { t } = useTranslation('external')
  const { external } = finding
  if (external === null) return null
  return (
    <section className={classes.block} aria-label={t('facts.title')}>
      <h3 className={classes.blockTitle}>{t('facts.title')}</h3>
      <dl className={classes.facts}>
        <dt>{t('facts.maker')}</dt>
        <dd>{external.manufacturer || t('unknownMaker')}</dd>
        <dt>{t('facts.algorithm')}</dt>
        <dd>
          {external.algorithm || t('unknownAlgorithm')}, {versionWords(external)}
        </dd>
        <dt>{t('facts.there')}</dt>
        <dd>
          {verificationWords(external)}. {finding.state === 'unreviewed' && t('verification.still')}
        </dd>
        {external.evaluations.length > 0 && (
          <>
            <dt>{t('facts.evaluations')}</dt>
            <dd>{external.evaluations.map(({ name, value }) => `${name}: ${value}`).join(' · ')}</dd>
          </>
        )}
        {external.sources.map(({ kind, sop_instance_uid: uid }) => (
          <SourceFact key={kind} name={t(`facts.${kind}`)} uid={uid} segment={kind === 'pixels' ? external.segment : null} />
        ))}
      </dl>
      {external.remarks.length > 0 && (
        <ul className={classes.list}>
          {external.remarks.map(({ code, message }) => (
            <li key={code} className={classes.note}>
              {message}
            </li>
          ))}
        </ul>
      )}
      <p className={classes.dim}>{t('facts.lead')}</p>
    </section>
  )
}

function SourceFact({ name, uid, segment }: { name: string; uid: string; segment: number | null }) {
  const { t } = useTranslation('external')
  return (
    <>
      <dt>{name}</dt>
      <dd className={classes.mono}>
        {uid}
        {segment !== null && ` · ${t('facts.segment', { number: segment })}`}
      </dd>
    </>
  )
}
