"""A workflow of one request that needs a credential."""

HEADER = "it: {type: apiKey, in: header, name: X-Api-Key}"
QUERY = "it: {type: apiKey, in: query, name: api key}"
COOKIE = "it: {type: apiKey, in: cookie, name: sid}"
BASIC = "it: {type: http, scheme: basic}"
BEARER = "it: {type: http, scheme: bearer}"
DIGEST = "it: {type: http, scheme: Digest}"

DESCRIPTION = """\
arazzo: 1.0.1
info: {title: Credentials, version: '1'}
sourceDescriptions: [{name: api, url: api.yaml, type: openapi}]
workflows:
- workflowId: main
  inputs: {type: object, properties: {token: {type: string}}}
  steps:
  - {stepId: get, operationId: get%s}
"""
API = """\
openapi: 3.1.0
info: {title: API, version: '1'}
servers: [{url: '%s'}]
paths: {/it: {get: {operationId: get, security: %s, responses: {default: {description: Any.}}}}}
components:
  securitySchemes: {%s}
"""


def written(folder, url, schemes, security="[{it: []}]", step=""):
    """The path of the workflow in *folder*; its operation has *security*."""
    (folder / "api.yaml").write_text(API % (url, security, schemes))
    path = folder / "w.arazzo.yaml"
    path.write_text(DESCRIPTION % step)
    return path
