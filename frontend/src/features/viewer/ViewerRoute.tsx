/** Placeholder for the viewer route `/cases/:caseId/view`. */
export default function ViewerRoute() {
  return null
}
