CREATE TABLE "runs" (
	run_uuid VARCHAR(32) NOT NULL, 
	name VARCHAR(250), 
	source_type VARCHAR(20), 
	source_name VARCHAR(500), 
	entry_point_name VARCHAR(50), 
	user_id VARCHAR(256), 
	status VARCHAR(9), 
	start_time BIGINT, 
	end_time BIGINT, 
	source_version VARCHAR(50), 
	lifecycle_stage VARCHAR(20), 
	artifact_uri VARCHAR(200), 
	experiment_id INTEGER, deleted_time BIGINT, 
	CONSTRAINT run_pk PRIMARY KEY (run_uuid), 
	CONSTRAINT source_type CHECK (source_type IN ('NOTEBOOK', 'JOB', 'LOCAL', 'UNKNOWN', 'PROJECT')), 
	CONSTRAINT runs_lifecycle_stage CHECK (lifecycle_stage IN ('active', 'deleted')), 
	FOREIGN KEY(experiment_id) REFERENCES experiments (experiment_id), 
	CHECK (status IN ('SCHEDULED', 'FAILED', 'FINISHED', 'RUNNING', 'KILLED'))
);
insert into runs values ('c22e5be857394c81b89adede450b9fe5', 'run-0', 'UNKNOWN', '', '', 'user', 'FINISHED', 1795869374261, 1795869374878, '', 'active', '', 0, NULL);
insert into runs values ('8af0c07a190647c5918bd968b02a1aaa', 'run-1', 'UNKNOWN', '', '', 'user', 'FAILED', 1795869375018, 1795869375236, '', 'active', '', 0, NULL);
insert into runs values ('740b7f73821d416fa90c704e5d96419a', 'run-2', 'UNKNOWN', '', '', 'user', 'FINISHED', 1795869375318, 1795869375673, '', 'active', '', 0, NULL);
CREATE TABLE "params" (
	"key" VARCHAR(250) NOT NULL, 
	value VARCHAR(8000) NOT NULL, 
	run_uuid VARCHAR(32) NOT NULL, 
	CONSTRAINT param_pk PRIMARY KEY ("key", run_uuid), 
	FOREIGN KEY(run_uuid) REFERENCES runs (run_uuid)
);
insert into params values ('n_params', '1000000', 'c22e5be857394c81b89adede450b9fe5');
insert into params values ('optim/lr', '0.001', 'c22e5be857394c81b89adede450b9fe5');
insert into params values ('n_params', '3000000', '8af0c07a190647c5918bd968b02a1aaa');
insert into params values ('optim/lr', '0.001', '8af0c07a190647c5918bd968b02a1aaa');
insert into params values ('n_params', '10000000', '740b7f73821d416fa90c704e5d96419a');
insert into params values ('optim/lr', '0.001', '740b7f73821d416fa90c704e5d96419a');
CREATE TABLE "latest_metrics" (
	"key" VARCHAR(250) NOT NULL, 
	value FLOAT NOT NULL, 
	timestamp BIGINT, 
	step BIGINT NOT NULL, 
	is_nan BOOLEAN NOT NULL, 
	run_uuid VARCHAR(32) NOT NULL, 
	CONSTRAINT latest_metric_pk PRIMARY KEY ("key", run_uuid), 
	FOREIGN KEY(run_uuid) REFERENCES runs (run_uuid), 
	CHECK (is_nan IN (0, 1))
);
insert into latest_metrics values ('eval/loss', 5.606106536864505, 1795869374671, 100, 0, 'c22e5be857394c81b89adede450b9fe5');
insert into latest_metrics values ('nan_metric', 0.0, 1795869374802, 1, 1, 'c22e5be857394c81b89adede450b9fe5');
insert into latest_metrics values ('eval/loss', 4.98379823502413, 1795869375179, 100, 0, '8af0c07a190647c5918bd968b02a1aaa');
insert into latest_metrics values ('nan_metric', 0.0, 1795869375208, 1, 1, '8af0c07a190647c5918bd968b02a1aaa');
insert into latest_metrics values ('eval/loss', 1.7976931348623157e+308, 1795869375605, 100, 0, '740b7f73821d416fa90c704e5d96419a');
insert into latest_metrics values ('nan_metric', 0.0, 1795869375646, 1, 1, '740b7f73821d416fa90c704e5d96419a');
CREATE TABLE "metrics" (
	"key" VARCHAR(250) NOT NULL, 
	value FLOAT NOT NULL, 
	timestamp BIGINT NOT NULL, 
	run_uuid VARCHAR(32) NOT NULL, 
	step BIGINT DEFAULT '0' NOT NULL, 
	is_nan BOOLEAN DEFAULT '0' NOT NULL, 
	CONSTRAINT metric_pk PRIMARY KEY ("key", timestamp, step, run_uuid, value, is_nan), 
	FOREIGN KEY(run_uuid) REFERENCES runs (run_uuid), 
	CHECK (is_nan IN (0, 1))
);
insert into metrics values ('eval/loss', 7.8547867224009655, 1795869374585, 'c22e5be857394c81b89adede450b9fe5', 0, 0);
insert into metrics values ('eval/loss', 5.606106536864505, 1795869374671, 'c22e5be857394c81b89adede450b9fe5', 100, 0);
insert into metrics values ('nan_metric', 0.0, 1795869374802, 'c22e5be857394c81b89adede450b9fe5', 1, 1);
insert into metrics values ('eval/loss', 7.23247842056059, 1795869375147, '8af0c07a190647c5918bd968b02a1aaa', 0, 0);
insert into metrics values ('eval/loss', 4.98379823502413, 1795869375179, '8af0c07a190647c5918bd968b02a1aaa', 100, 0);
insert into metrics values ('nan_metric', 0.0, 1795869375208, '8af0c07a190647c5918bd968b02a1aaa', 1, 1);
insert into metrics values ('eval/loss', 1.7976931348623157e+308, 1795869375550, '740b7f73821d416fa90c704e5d96419a', 0, 0);
insert into metrics values ('eval/loss', 1.7976931348623157e+308, 1795869375605, '740b7f73821d416fa90c704e5d96419a', 100, 0);
insert into metrics values ('nan_metric', 0.0, 1795869375646, '740b7f73821d416fa90c704e5d96419a', 1, 1);
