"""S3 as moto has it, run by the Python that moto is installed for. The first line of output is JSON: url, access_key, secret_key."""

import json
import logging
import os

# The calls that make a user, who is then the only one served: from there on botocore's own code checks each signature.
os.environ['INITIAL_NO_AUTH_ACTION_COUNT'] = '3'

import boto3  # noqa: E402  moto reads the variable above
from moto.server import ThreadedMotoServer  # noqa: E402

ALL = {'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': ['s3:*'], 'Resource': '*'}]}

logging.getLogger('werkzeug').setLevel(logging.ERROR)
server = ThreadedMotoServer('127.0.0.1', 0, verbose=False)
server.start()
host, port = server.get_host_and_port()
url = f'http://{host}:{port}'
iam = boto3.client('iam', endpoint_url=url, region_name='us-east-1', aws_access_key_id='x', aws_secret_access_key='x')
iam.create_user(UserName='bench')
iam.put_user_policy(UserName='bench', PolicyName='all', PolicyDocument=json.dumps(ALL))
key = iam.create_access_key(UserName='bench')['AccessKey']
print(json.dumps({'url': url, 'access_key': key['AccessKeyId'], 'secret_key': key['SecretAccessKey']}), flush=True)
server._thread.join()
