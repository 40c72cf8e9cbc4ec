"""
The dialect: forms that published files use and the specification does not allow.

Each is accepted by default with a warning, or a note, and is an error with ``--strict``.
This table is what `arazzo explain` and docs/reference/dialect.md say of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: When, and in what, the forms were counted: published documents of 27 providers and one
#: catalogue, of which the counts are (places, documents).
COUNTED: Final = "2026-11-27"
COUNTED_DOCUMENTS: Final = 667


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """
    A dialect rule.

    Attributes:
        name: As in `errors.CODES`.
        form: What is written.
        reading: How it is read.
        reason: Why it is accepted.
        met: (places, documents) in the counted files.
        wrong, right: An example, and the same in the specification's form.
        fixable: ``arazzo check --fix`` rewrites it.
    """

    code: str
    name: str
    form: str
    reading: str
    reason: str
    met: tuple[int, int]
    wrong: str
    right: str
    fixable: bool = False


RULES: Final = (
    Rule(
        code="AZ501",
        name="jsonpath-bare-boolean",
        form='A condition of type `jsonpath` is a comparison, `$.status == "done"`.',
        reading="It is evaluated as what it says; texts keep their case, as in JSONPath.",
        reason="Nearly every published JSONPath criterion is of this form, and no library "
        "for RFC 9535 accepts one. Strings of a simple condition ignore case, so only its "
        "author can say whether that is the same.",
        met=(315, 168),
        wrong='type: jsonpath\ncontext: $response.body\ncondition: $.status == "done"',
        right="condition: $response.body#/status == 'done'",
    ),
    Rule(
        code="AZ502",
        name="bare-embedded-expression",
        form="An expression stands inside text without braces, `Bearer $inputs.apiKey`.",
        reading="It is read as `Bearer {$inputs.apiKey}`, if it names something that is "
        "declared.",
        reason="Published files embed so eighty times as often as with braces.",
        met=(246, 98),
        wrong="value: Bearer $inputs.token",
        right="value: Bearer {$inputs.token}",
        fixable=True,
    ),
    Rule(
        code="AZ503",
        name="condition-double-quotes",
        form="A text in a simple condition is in double quotes.",
        reading="It is read as if it were in single ones.",
        reason="Most languages have both; the meaning is never in doubt.",
        met=(0, 0),
        wrong='condition: $response.body#/status == "done"',
        right="condition: $response.body#/status == 'done'",
        fixable=True,
    ),
    Rule(
        code="AZ504",
        name="condition-in-braces",
        form="A simple condition, or an operand of one, is in braces.",
        reading="It is read without them.",
        reason="An example of the specification's 1.0 text is written so.",
        met=(0, 0),
        wrong="condition: '{$statusCode == 200}'",
        right="condition: $statusCode == 200",
        fixable=True,
    ),
    Rule(
        code="AZ505",
        name="source-moved",
        form="A source description is not where the document says.",
        reading="A file of the same name is looked for near: from the folders above, in a "
        "folder `_original`, then by name.",
        reason="Catalogues move files, and write paths from the root of their repository. "
        "What was found is said; `--source NAME=PATH` overrules it.",
        met=(558, 534),
        wrong="url: ../openapi/pets.yaml",
        right="url: ../openapi/_original/pets.yaml",
        fixable=True,
    ),
    Rule(
        code="AZ506",
        name="expression-navigation",
        form="An expression goes into a value with dots or brackets where a JSON Pointer "
        "belongs, `$response.body.id`, or nearly has the grammar's words.",
        reading="It is followed into the value.",
        reason="The specification's own 1.1 examples do so.",
        met=(28, 7),
        wrong="value: $response.headers.Location",
        right="value: $response.header.Location",
        fixable=True,
    ),
    Rule(
        code="AZ507",
        name="step-output-without-outputs",
        form="An expression leaves out the word `outputs`, `$steps.create.id`.",
        reading="It is read as `$steps.create.outputs.id`.",
        reason="The table of examples in 1.0.0 shows it.",
        met=(0, 0),
        wrong="value: $steps.create.id",
        right="value: $steps.create.outputs.id",
        fixable=True,
    ),
    Rule(
        code="AZ508",
        name="operation-path-form",
        form="An `operationPath` names its source description in another form than "
        "`{$sourceDescriptions.NAME.url}`.",
        reading="The name is looked up, never a part of it.",
        reason="One catalogue has 1,205 of them, all with the bare name.",
        met=(494, 46),
        wrong="operationPath: pets#/paths/~1pets/get",
        right="operationPath: '{$sourceDescriptions.pets.url}#/paths/~1pets/get'",
        fixable=True,
    ),
    Rule(
        code="AZ509",
        name="unqualified-operation",
        form="There are several source descriptions, and the operation or workflow does "
        "not say in which of them it is.",
        reading="It is found if only one has it.",
        reason="Of 234 such steps in one catalogue only 2 are ambiguous.",
        met=(101, 46),
        wrong="operationId: getPet",
        right="operationId: $sourceDescriptions.pets.getPet",
        fixable=True,
    ),
    Rule(
        code="AZ510",
        name="jsonpath-root-filter",
        form="A JSONPath filter stands at the root, `$[?@.done == true]`.",
        reading="By RFC 9535 it tests the members of an object; the object itself is "
        "tested too, and one that holds is enough.",
        reason="The specification's own examples mean the object.",
        met=(0, 0),
        wrong="condition: $[?@.done == true]",
        right="condition: $response.body#/done == true",
    ),
    Rule(
        code="AZ511",
        name="retry-on-success",
        form="A success action is of type `retry`.",
        reading="It sends the step again, as after a failure.",
        reason='It is plainly meant as "ask again after two seconds, at most sixty times".',
        met=(10, 10),
        wrong="onSuccess:\n- {name: again, type: retry, retryAfter: 2}",
        right="onSuccess:\n- name: again\n  type: goto\n  stepId: poll\n"
        "  criteria: [{condition: $response.body#/status == 'running'}]",
    ),
    Rule(
        code="AZ512",
        name="embedded-in-jsonpath",
        form="An expression stands without braces inside a text of a JSONPath query.",
        reading="Its value is put in, escaped for the quotes around it.",
        reason="Read as text it would never match, and nothing would say why.",
        met=(5, 3),
        wrong="condition: $.data[?@.id == '$inputs.id']",
        right="condition: $.data[?@.id == '{$inputs.id}']",
        fixable=True,
    ),
    Rule(
        code="AZ513",
        name="operation-id-case",
        form="The operationId is spelled with other capital letters in the API description.",
        reading="It is found if only one is spelled so.",
        reason="Tools that split descriptions changed the letters after the workflows had "
        "been written.",
        met=(40, 19),
        wrong="operationId: postPayments",
        right="operationId: PostPayments",
        fixable=True,
    ),
    Rule(
        code="AZ518",
        name="newer-than-version",
        form="Something that came with Arazzo 1.1 is in a 1.0 document.",
        reading="It does what 1.1 says.",
        reason="The version line is forgotten more easily than written.",
        met=(0, 0),
        wrong="arazzo: 1.0.1  # and a step has a timeout",
        right="arazzo: 1.1.0",
    ),
    Rule(
        code="AZ519",
        name="jsonl-as-records",
        form="A response is JSON lines, and an expression looks into it.",
        reading="The body is a list of its records; with `--strict` it stays text.",
        reason="The results of batch APIs come so, and workflows read their members.",
        met=(0, 0),
        wrong="outputs: {first: $response.body#/0/id}  # of JSON lines",
        right="outputs: {all: $response.body}",
    ),
    Rule(
        code="AZ520",
        name="nullable-in-3.1",
        form="An OpenAPI description of version 3.1 or later writes `nullable`.",
        reading="It means what its author meant: the value may be null.",
        reason="Descriptions are converted from 3.0 word by word.",
        met=(41, 38),
        wrong="type: string\nnullable: true",
        right="type: [string, 'null']",
    ),
    Rule(
        code="AZ521",
        name="automatic-header",
        form="An expression reads a header that no parameter gives and that is sent all the "
        "same, `$request.header.Content-Type`.",
        reading="It is the value that is sent.",
        reason="The specification lets only declared parameters be read; the value is "
        "there and never in doubt.",
        met=(0, 0),
        wrong="outputs: {type: $request.header.Content-Type}",
        right="parameters: [{name: Content-Type, in: header, value: application/json}]",
    ),
    Rule(
        code="AZ522",
        name="regex-between-slashes",
        form="A condition of type `regex` is between slashes, `/^ok/i`.",
        reading="It is what stands between them, with the flags `i`, `m` and `s`; with "
        "`--strict` the slashes are part of the pattern.",
        reason="JavaScript, whose dialect most patterns are in, writes them so.",
        met=(0, 0),
        wrong="type: regex\ncontext: $response.body\ncondition: /^ok/i",
        right="type: regex\ncontext: $response.body\ncondition: (?i)^ok",
    ),
    Rule(
        code="AZ523",
        name="operation-beside-source",
        form="The operation of a step is in none of the API descriptions that the document "
        "names, and in one that lies beside them.",
        reading="It is taken from there, if all that have it mean the same operation.",
        reason="Repositories split their descriptions by tag after the workflow had been "
        "published.",
        met=(149, 62),
        wrong="sourceDescriptions: [{name: pets, url: pets.yaml}]  # listOwners is in owners.yaml",
        right="sourceDescriptions: [{name: pets, url: pets.yaml}, {name: owners, url: owners.yaml}]",
    ),
    Rule(
        code="AZ525",
        name="event-stream-as-list",
        form="A body of server-sent events, `text/event-stream`, is read as a list.",
        reading="It is a list of events with `data`, and `event`, `id` and `retry` where "
        "they are given; `data` that is a JSON object or array is parsed.",
        reason="The specification says no more than that other types are text, and the "
        "result of a streamed answer is in its events.",
        met=(0, 0),
        wrong="outputs: {first: $response.body#/0/data/id}  # text/event-stream",
        right="outputs: {all: $response.body}",
    ),
    Rule(
        code="AZ526",
        name="odd-security-scheme",
        form="A security requirement names a scheme that the API description does not "
        "define, or defines in a form that says too little, `type: basic`.",
        reading="Its credential is sent as `Authorization`: as it is if it begins with a "
        "word such as `Bearer`, else after `Bearer`.",
        reason="Descriptions that were split or converted often lose their schemes, and "
        "the API wants its credential all the same.",
        met=(133, 44),
        wrong="security: [{lost: []}]",
        right="components: {securitySchemes: {lost: {type: http, scheme: bearer}}}",
    ),
    Rule(
        code="AZ528",
        name="xml-as-json",
        form="A response is XML, and an expression or a JSONPath query looks into it.",
        reading="The root element is the value. An element with elements in it is an object, "
        "one that occurs several times an array, any other its text; attributes are "
        "members with `@` before their names. An index also counts the children of an "
        "element that all have one name, and 0 is else the element itself. With "
        "`--strict` the body is text.",
        reason="Descriptions give XML the schema of the JSON it never is, and workflows "
        "are written from the schema.",
        met=(21, 15),
        wrong="outputs: {id: $response.body#/instances/0/instanceId}  # of XML",
        right="outputs:\n  id:  # Arazzo 1.1\n    context: $response.body\n"
        "    selector: //*[local-name()='instanceId'][1]\n    type: xpath",
    ),
)

BY_CODE: Final = {rule.code: rule for rule in RULES}
