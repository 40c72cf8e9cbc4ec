"""
An API description as callable operations: OpenAPI 3.0, 3.1 and 3.2.

Pure: documents arrive as `document.Parts`, bodies as values, and what comes out is a
`messages.Request`. `document` normalises what a version calls differently; the other
modules see one shape.
"""
