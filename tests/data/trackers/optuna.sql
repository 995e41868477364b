CREATE TABLE studies (
	study_id INTEGER NOT NULL, 
	study_name VARCHAR(512) NOT NULL, 
	PRIMARY KEY (study_id)
);
insert into studies values (1, 'sweep');
CREATE TABLE trials (
	trial_id INTEGER NOT NULL, 
	number INTEGER, 
	study_id INTEGER, 
	state VARCHAR(8) NOT NULL, 
	datetime_start DATETIME, 
	datetime_complete DATETIME, 
	PRIMARY KEY (trial_id), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
insert into trials values (1, 0, 1, 'COMPLETE', '2026-11-28 12:35:50.647790', '2026-11-28 12:35:51.080281');
insert into trials values (2, 1, 1, 'COMPLETE', '2026-11-28 12:35:51.249409', '2026-11-28 12:35:51.594838');
insert into trials values (3, 2, 1, 'PRUNED', '2026-11-28 12:35:51.700782', '2026-11-28 12:35:52.013403');
insert into trials values (4, 3, 1, 'FAIL', '2026-11-28 12:35:52.091682', '2026-11-28 12:35:52.306062');
insert into trials values (5, 4, 1, 'COMPLETE', '2026-11-28 12:35:52.356074', '2026-11-28 12:35:52.522217');
insert into trials values (6, 5, 1, 'COMPLETE', '2026-11-28 12:35:52.530555', '2026-11-28 12:35:52.549139');
insert into trials values (7, 6, 1, 'COMPLETE', '2026-11-28 12:35:52.556724', '2026-11-28 12:35:52.577576');
insert into trials values (8, 7, 1, 'COMPLETE', '2026-11-28 12:35:52.593748', '2026-11-28 12:35:52.628277');
CREATE TABLE trial_params (
	param_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	param_name VARCHAR(512), 
	param_value FLOAT, 
	distribution_json TEXT, 
	PRIMARY KEY (param_id), 
	UNIQUE (trial_id, param_name), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
insert into trial_params values (1, 1, 'lr', 0.0012520653814999472, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 0.01, "log": true}}');
insert into trial_params values (2, 1, 'depth', 7.0, '{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 2, "high": 8}}');
insert into trial_params values (3, 1, 'optimizer', 0.0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd"]}}');
insert into trial_params values (4, 2, 'lr', 0.0007035737028722148, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 0.01, "log": true}}');
insert into trial_params values (5, 2, 'depth', 6.0, '{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 2, "high": 8}}');
insert into trial_params values (6, 2, 'optimizer', 1.0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd"]}}');
insert into trial_params values (7, 3, 'lr', 0.008459126528049376, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 0.01, "log": true}}');
insert into trial_params values (8, 3, 'depth', 4.0, '{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 2, "high": 8}}');
insert into trial_params values (9, 3, 'optimizer', 0.0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd"]}}');
insert into trial_params values (10, 4, 'lr', 0.001368009527972693, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 0.01, "log": true}}');
insert into trial_params values (11, 4, 'depth', 8.0, '{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 2, "high": 8}}');
insert into trial_params values (12, 4, 'optimizer', 1.0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd"]}}');
insert into trial_params values (13, 5, 'lr', 0.00010975815419380165, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 0.01, "log": true}}');
insert into trial_params values (14, 5, 'depth', 7.0, '{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 2, "high": 8}}');
insert into trial_params values (15, 5, 'optimizer', 1.0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd"]}}');
insert into trial_params values (16, 6, 'lr', 0.009062263471261952, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 0.01, "log": true}}');
insert into trial_params values (17, 6, 'depth', 7.0, '{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 2, "high": 8}}');
insert into trial_params values (18, 6, 'optimizer', 1.0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd"]}}');
insert into trial_params values (19, 7, 'lr', 0.00017240460099242303, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 0.01, "log": true}}');
insert into trial_params values (20, 7, 'depth', 6.0, '{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 2, "high": 8}}');
insert into trial_params values (21, 7, 'optimizer', 1.0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd"]}}');
insert into trial_params values (22, 8, 'lr', 0.001105851072569646, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 0.01, "log": true}}');
insert into trial_params values (23, 8, 'depth', 4.0, '{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 2, "high": 8}}');
insert into trial_params values (24, 8, 'optimizer', 1.0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["adam", "sgd"]}}');
CREATE TABLE trial_values (
	trial_value_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	objective INTEGER NOT NULL, 
	value FLOAT, 
	value_type VARCHAR(7) NOT NULL, 
	PRIMARY KEY (trial_value_id), 
	UNIQUE (trial_id, objective), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
insert into trial_values values (1, 1, 0, 2.2404841507117927, 'FINITE');
insert into trial_values values (2, 2, 0, 2.319357067988857, 'FINITE');
insert into trial_values values (3, 3, 0, 9.0, 'FINITE');
insert into trial_values values (4, 5, 0, NULL, 'INF_POS');
insert into trial_values values (5, 6, 0, 3.100093827322671, 'FINITE');
insert into trial_values values (6, 7, 0, 2.9301178149287996, 'FINITE');
insert into trial_values values (7, 8, 0, 2.2936966435001436, 'FINITE');
CREATE TABLE trial_intermediate_values (
	trial_intermediate_value_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	step INTEGER NOT NULL, 
	intermediate_value FLOAT, 
	intermediate_value_type VARCHAR(7) NOT NULL, 
	PRIMARY KEY (trial_intermediate_value_id), 
	UNIQUE (trial_id, step), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
insert into trial_intermediate_values values (1, 1, 0, 9.0, 'FINITE');
insert into trial_intermediate_values values (2, 2, 0, 9.0, 'FINITE');
insert into trial_intermediate_values values (3, 3, 0, 9.0, 'FINITE');
insert into trial_intermediate_values values (4, 4, 0, 9.0, 'FINITE');
insert into trial_intermediate_values values (5, 5, 0, 9.0, 'FINITE');
insert into trial_intermediate_values values (6, 6, 0, 9.0, 'FINITE');
insert into trial_intermediate_values values (7, 7, 0, 9.0, 'FINITE');
insert into trial_intermediate_values values (8, 8, 0, 9.0, 'FINITE');
