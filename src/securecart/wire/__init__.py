"""AWS's protocols as bytes: SigV4, aws-chunked, query, JSON, REST-XML, errors.

Floor 1, sans-IO. Uses `names`, and botocore's service models as data.
"""
