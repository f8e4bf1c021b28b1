"""What `hoplab metrics` and `hoplab alarms` print with --json, against the API's own shapes.

    check_cloudwatch_answers.py --hoplab PROGRAM SCENARIO

Source of the shapes: botocore, cloudwatch 2010-08-01.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

import aws_shapes

CPU = {'Namespace': 'AWS/ECS', 'MetricName': 'CPUUtilization',
       'Dimensions': [{'Name': 'ClusterName', 'Value': 'hoplab'}]}
ALARMS = [
    dict(CPU, AlarmName='cpu', Statistic='Average', Period=60, EvaluationPeriods=1, Threshold=0,
         ComparisonOperator='GreaterThanThreshold', AlarmActions=['arn:aws:sns:x:y:z']),
    {'AlarmName': 'math', 'EvaluationPeriods': 2, 'DatapointsToAlarm': 1, 'Threshold': 1e9,
     'ComparisonOperator': 'LessThanThreshold', 'TreatMissingData': 'breaching',
     'Metrics': [{'Id': 'e1', 'Expression': 'm1 * 2', 'Label': 'twice'},
                 {'Id': 'm1', 'ReturnData': False,
                  'MetricStat': {'Metric': CPU, 'Period': 60, 'Stat': 'Maximum'}}]},
    {'AlarmName': 'odd', 'EvaluationPeriods': 2, 'ThresholdMetricId': 'ad1',
     'ComparisonOperator': 'GreaterThanUpperThreshold',
     'Metrics': [{'Id': 'ad1', 'Expression': 'ANOMALY_DETECTION_BAND(m1, 2)'},
                 {'Id': 'm1', 'MetricStat': {'Metric': CPU, 'Period': 60, 'Stat': 'Average'}}]},
    {'AlarmName': 'odd sum', 'EvaluationPeriods': 2, 'ThresholdMetricId': 'ad1',
     'ComparisonOperator': 'LessThanLowerThreshold',
     'Metrics': [{'Id': 'ad1', 'Expression': 'ANOMALY_DETECTION_BAND(e1, 2)'},
                 {'Id': 'e1', 'Expression': 'm1 * 2'},
                 {'Id': 'm1', 'ReturnData': False,
                  'MetricStat': {'Metric': CPU, 'Period': 60, 'Stat': 'Maximum'}}]},
    {'AlarmName': 'both', 'AlarmRule': 'ALARM(cpu) AND ALARM("math")'},
]


def answers(hoplab, scenario, folder):
    recording = os.path.join(folder, 'recording')
    alarms = os.path.join(folder, 'alarms.json')
    with open(alarms, 'w', encoding='utf-8') as file:
        json.dump(ALARMS, file)
    subprocess.run([hoplab, 'run', scenario, '-o', recording], check=False,
                   stdout=subprocess.DEVNULL)

    def ask(*arguments):
        run = subprocess.run([hoplab, *arguments, '--json'], check=True, stdout=subprocess.PIPE)
        return json.loads(run.stdout)

    metric = 'AWS/ECS,CPUUtilization,ClusterName=hoplab'
    yield 'ListMetricsOutput', ask('metrics', recording, 'list')
    yield 'GetMetricDataOutput', ask('metrics', recording, 'get', '--metric', metric,
                                     '--expression', '[m1, RATE(m1)]')
    yield 'DescribeAlarmsOutput', ask('alarms', recording, '--file', alarms)
    yield 'DescribeAnomalyDetectorsOutput', ask('alarms', recording, '--file', alarms,
                                                '--detectors')
    yield 'DescribeAlarmHistoryOutput', ask('alarms', recording, '--file', alarms, '--history')


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--hoplab', required=True)
    parser.add_argument('scenario')
    options = parser.parse_args()
    shapes = aws_shapes.Shapes('cloudwatch', '2010-08-01', iso_times=True)
    problems = []
    with tempfile.TemporaryDirectory() as folder:
        for shape, answer in answers(options.hoplab, options.scenario, folder):
            problems += shapes.check(shape, answer)
            if not any(answer.values()):
                problems.append('%s is empty' % shape)
    print('\n'.join(problems) or 'all answers have the shapes of the API')
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())
